import { assertEquals } from "@std/assert";
import { Lifelines } from "../fixtures/lifelines.ts";
import { needing } from "../fixtures/installed_program.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";

const isWindows = Deno.build.os === "windows";

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(needing(["setsid"], {
    name:
      `ForkingTCPServer's child finishes its request after a ${signal} that its whole group gets`,
    ignore: isWindows,
    async fn() {
      await using lifelines = new Lifelines();
      await using server = lifelines.serve({}, { wrapper: ["setsid"] });
      await using client = new Dialogue(await server.connect());
      assertEquals(await client.receive(), "connected");
      Deno.kill(-server.pid, signal);
      assertEquals(await server.line(), "closing");
      await client.send("still here");
      assertEquals(await client.receive(), "still here");
      await client[Symbol.asyncDispose]();
      assertEquals(await server.line(), "closed");
      assertEquals((await server.ended()).code, 0);
    },
  }));
}

for (const deed of ["hang", "loop"]) {
  Deno.test({
    name:
      `ForkingTCPServer.serverClose() ends a handler after drainTimeout that would ${deed} for ever`,
    ignore: isWindows,
    async fn() {
      await using lifelines = new Lifelines();
      await using server = lifelines.serve({ drainTimeout: 0.2 });
      await using client = new Dialogue(await server.connect());
      const child = await lifelines.next();
      assertEquals(await client.receive(), "connected");
      await client.send(deed);
      assertEquals(await client.receive(), deed);
      server.kill("SIGTERM");
      await client.ended();
      await child.ended;
      assertEquals(await server.line(), "closing");
      assertEquals(await server.line(), "closed");
      assertEquals((await server.ended()).code, 0);
    },
  });
}
