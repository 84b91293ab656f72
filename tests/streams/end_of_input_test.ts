import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { AsyncTCPServer, RequestReader } from "@socketserver/socketserver";
import { chunkedSource } from "../fixtures/chunked_source.ts";
import { FakeClock } from "../fixtures/fake_clock.ts";
import { readCalls } from "../fixtures/read_calls.ts";

const LIMIT_MS = 10_000;
/** More than any timer has to wait for, where the loop lets timers pass. */
const MOST_CALLS = 200_000;

for (const [name, call] of Object.entries(readCalls)) {
  Deno.test(`RequestReader.${name} lets timers pass if it is called again and again after the end`, async () => {
    for (const source of [chunkedSource("abcd\n"), new Uint8Array(0)]) {
      const rfile = new RequestReader(source);
      let hasPassed = false;
      const timer = setTimeout(() => hasPassed = true, 5);
      for (let i = 0; i < MOST_CALLS && !hasPassed; i++) await call(rfile);
      clearTimeout(timer);
      assert(hasPassed);
    }
  });

  Deno.test(`RequestReader.${name} tells the end at once, a dozen times`, async () => {
    using clock = new FakeClock();
    const rfile = new RequestReader(new Uint8Array(0));
    for (let i = 0; i < 12; i++) await call(rfile);
    assertEquals(clock.started, 0);
  });
}

Deno.test("RequestReader.readLine() gives up at a signal, also long after the end", async () => {
  const rfile = new RequestReader(new Uint8Array(0));
  const controller = new AbortController();
  const { signal } = controller;
  const timer = setTimeout(() => controller.abort("stop"), 5);
  const looping = (async () => {
    for (let i = 0; i < MOST_CALLS; i++) await rfile.readLine({ signal });
  })();
  assertEquals(await looping.catch((reason) => reason), "stop");
  clearTimeout(timer);
});

Deno.test("AsyncTCPServer serves others while a handler reads on after the end", async () => {
  let mayLoop = true;
  await using server = new AsyncTCPServer(
    { hostname: "127.0.0.1", port: 0 },
    async (request) => {
      const rfile = new RequestReader(request);
      const line = await rfile.readLine();
      for (let i = 0; i < MOST_CALLS && mayLoop && line !== "quick"; i++) {
        await rfile.readLine();
      }
      await request.write(new TextEncoder().encode(`${mayLoop}`));
    },
  );
  server.serveForever();
  const { port } = server.serverAddress;
  using looping = await Deno.connect({ port });
  await looping.closeWrite();
  using quick = await Deno.connect({ port });
  await quick.write(new TextEncoder().encode("quick\n"));
  const answer = new Uint8Array(5);
  assertEquals(await deadline(quick.read(answer), LIMIT_MS), 4);
  mayLoop = false;
  assertEquals(await deadline(looping.read(answer), LIMIT_MS), 5);
  assertEquals(new TextDecoder().decode(answer), "false");
});
