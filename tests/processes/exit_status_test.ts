import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { CountingHandler } from "../fixtures/handlers/counting_handler.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";

const LIMIT_MS = 30_000;

Deno.test("ForkingTCPServer leaves the exit statuses of the program's own children to the program", async () => {
  await using session = new ForkingSession(CountingHandler);
  const expected = [];
  const own = [];
  for (let code = 10; code < 15; code++) {
    const args = ["eval", "--quiet", `Deno.exit(${code})`];
    own.push(new Deno.Command(Deno.execPath(), { args }).spawn());
    expected.push(code);
    await session.ask("");
  }
  await session.server.collectChildren({ blocking: true });
  const codes = [];
  for (const child of own) {
    codes.push((await deadline(child.status, LIMIT_MS)).code);
  }
  assertEquals(codes, expected);
});
