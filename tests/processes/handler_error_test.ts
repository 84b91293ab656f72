import {
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
} from "@std/assert";
import { ChildProcessError } from "@socketserver/socketserver";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { MisbehavingHandler } from "../fixtures/handlers/misbehaving_handler.ts";

/** Serves one request that misbehaves, and one that doesn't after it. */
async function errorOf(deed: string): Promise<unknown> {
  await using session = new ForkingSession(MisbehavingHandler);
  await using client = new Dialogue(await session.connect());
  await client.send(deed);
  const error = await session.record.nth(1);
  await client.ended();
  await session.ask("pid\n");
  await session.close();
  assertEquals(session.record.errors.length, 1);
  return error;
}

Deno.test("ForkingTCPServer.handleError() gets what a handler throws, with its stack and its cause", async () => {
  const error = await errorOf("throw");
  assertInstanceOf(error, RangeError);
  assertEquals(error.message, "outer");
  assertStringIncludes(error.stack!, "misbehaving_handler.ts");
  assertInstanceOf(error.cause, TypeError);
  assertEquals(error.cause.message, "inner");
});

Deno.test("ForkingTCPServer.handleError() gets a floating rejection, and the request goes on", async () => {
  await using session = new ForkingSession(MisbehavingHandler);
  await using client = new Dialogue(await session.connect());
  await client.send("reject");
  await client.receive();
  const error = await session.record.nth(1);
  assertInstanceOf(error, RangeError);
  assertEquals(error.message, "floating");
  await client.send("go on");
  assertEquals(await client.receive(), "served");
});

Deno.test("ForkingTCPServer.handleError() gets a ChildProcessError for an uncaught error in a timer", async () => {
  const error = await errorOf("timer");
  assertInstanceOf(error, ChildProcessError);
  assertEquals([error.code, error.signal], [1, null]);
  assertStringIncludes(error.stderr, "in a timer");
});

Deno.test("ForkingTCPServer.handleError() gets a ChildProcessError with the code and the last words of a child", async () => {
  const error = await errorOf("exit");
  assertInstanceOf(error, ChildProcessError);
  assertEquals([error.code, error.signal], [3, null]);
  assertEquals(error.stderr, "last words");
  assertStringIncludes(error.message, "exit code 3:\nlast words");
});

Deno.test("ForkingTCPServer sends the client all that a handler wrote before it called exit()", async () => {
  await using session = new ForkingSession(MisbehavingHandler);
  const answer = await session.ask("write and exit\n");
  assertEquals(answer.slice(answer.indexOf("\n") + 1).length, 100_000);
  assertInstanceOf(await session.record.nth(1), ChildProcessError);
});
