import { assertEquals, assertInstanceOf } from "@std/assert";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { MisbehavingHandler } from "../fixtures/handlers/misbehaving_handler.ts";

for (const deed of ["loop", "wait"]) {
  Deno.test(`ForkingTCPServer.requestTimeout ends a request that would ${deed} for ever`, async () => {
    await using session = new ForkingSession(MisbehavingHandler, {
      maxChildren: 1,
      requestTimeout: 0.3,
    });
    await using client = new Dialogue(await session.connect());
    await client.send(deed);
    await client.ended();
    const error = await session.record.nth(1);
    assertInstanceOf(error, Deno.errors.TimedOut);
    assertEquals(
      error.message,
      "Cannot handle the request within the requestTimeout: current value is 0.3 seconds",
    );
    // The only child there may be has made room for another.
    session.server.requestTimeout = null;
    assertEquals((await session.ask("pid\n")).endsWith("\n"), true);
    await session.close();
    assertEquals(session.record.errors.length, 1);
  });
}
