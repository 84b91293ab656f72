import { assertEquals } from "@std/assert";
import { CountingHandler } from "../fixtures/handlers/counting_handler.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";

Deno.test("ForkingTCPServer gives each request a module that no other has changed", async () => {
  await using session = new ForkingSession(CountingHandler);
  for (let i = 0; i < 3; i++) assertEquals(await session.ask(""), "1");
});

Deno.test("ForkingTCPServer.maxRequestsPerChild is how many requests share a module", async () => {
  await using session = new ForkingSession(CountingHandler, {
    maxRequestsPerChild: 2,
    maxChildren: 1,
  });
  const seen = [];
  for (let i = 0; i < 4; i++) seen.push(await session.ask(""));
  assertEquals(seen, ["1", "2", "1", "2"]);
});
