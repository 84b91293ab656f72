import { assertEquals } from "@std/assert";
import { ChildProgram } from "./fixtures/child_program.ts";
import { Dialogue } from "./fixtures/clients/dialogue.ts";

const IDLE = 100;
const SHARED = {
  maxChildren: 2,
  requestsPerChild: IDLE,
  maxRequestsPerChild: 1e6,
};

/** The ways to run a handler, and how many clients are handled at once. */
const ways:
  readonly (readonly [name: string, options: object, atOnce: number])[] = [
    ["TCPServer", {}, 1],
    ["AsyncTCPServer", {}, Infinity],
    ["ThreadingTCPServer", {}, Infinity],
    ["ForkingTCPServer", SHARED, Infinity],
    ["ForkingTCPServer", {}, 40],
  ];

for (const [name, options, atOnce] of ways) {
  Deno.test({
    name: `${name} with ${
      JSON.stringify(options)
    } ends on SIGTERM at once, whoever is silent, and answers who has asked`,
    ignore: Deno.build.os === "windows", // which has no SIGTERM
    async fn() {
      await using program = ChildProgram.fixture(
        "keep_alive_server.ts",
        name,
        JSON.stringify(options),
      );
      const port = Number(await program.line());
      await using clients = new AsyncDisposableStack();
      const connect = async () => {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port });
        return clients.use(new Dialogue(connection));
      };

      const asking = await connect();
      assertEquals(await asking.receive(), "hello");
      await asking.send("slow");
      assertEquals(await asking.receive(), "begun");
      const idle: Dialogue[] = [];
      for (let i = 0; i < IDLE; i++) {
        idle.push(await connect());
        if (i + 1 < atOnce) assertEquals(await idle[i]!.receive(), "hello");
      }

      program.kill("SIGTERM");
      assertEquals(await program.line(), "stopping");
      await Promise.all(idle.slice(0, atOnce - 1).map((it) => it.ended()));
      await asking.send("go on");
      assertEquals(await asking.receive(), "answer to slow");
      await asking.ended();
      await Promise.all(idle.map((client) => client.ended()));
      const { code, signal } = await program.ended();
      assertEquals({ code, signal }, { code: 0, signal: null });
    },
  });
}
