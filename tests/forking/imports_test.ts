import { assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { ReachingHandler } from "../fixtures/reaching_handler.ts";

// Deno lets any program import from these, whatever permissions it has.
const hosts = [
  "https://esm.sh/not-there",
  "https://jsr.io/@not/there/1.0.0/mod.ts",
  "npm:@socketserver/not-there",
];
for (const url of hosts) {
  Deno.test(`ForkingTCPServer keeps a handler from importing ${url}`, async () => {
    await using session = new ForkingSession(ReachingHandler);
    assertEquals(await session.ask(JSON.stringify(["import", url])), "");
    const error = await session.record.nth(1);
    assertInstanceOf(error, Error);
    // Nobody was asked for it.
    assertMatch(error.message, /cache/);
  });
}

Deno.test("ForkingTCPServer.permissions grants imports from a host", async () => {
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  await using host = Deno.serve(options, () => {
    const headers = { "content-type": "text/javascript" };
    return new Response("export {};", { headers });
  });
  const { hostname, port } = host.addr;
  await using session = new ForkingSession(ReachingHandler, {
    permissions: { import: [`${hostname}:${port}`] },
  });
  const url = `http://${hostname}:${port}/${crypto.randomUUID()}.js`;
  assertEquals(await session.ask(JSON.stringify(["import", url])), "reached");
});
