import { assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import type { ForkingOptions } from "@socketserver/socketserver";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { ReachingHandler } from "../fixtures/handlers/reaching_handler.ts";

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

/** Options that grant imports from a host. */
const grants: Record<string, (host: string) => ForkingOptions> = {
  permissions: (host) => ({ permissions: { import: [host] } }),
  denoFlags: (host) => ({ denoFlags: [`--allow-import=${host}`] }),
};
for (const [name, grant] of Object.entries(grants)) {
  Deno.test(`ForkingTCPServer.${name} grants imports from a host`, async () => {
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    await using host = Deno.serve(options, () => {
      const headers = { "content-type": "text/javascript" };
      return new Response("export {};", { headers });
    });
    const address = `${host.addr.hostname}:${host.addr.port}`;
    await using session = new ForkingSession(ReachingHandler, grant(address));
    const url = `http://${address}/${crypto.randomUUID()}.js`;
    assertEquals(await session.ask(JSON.stringify(["import", url])), "reached");
  });
}
