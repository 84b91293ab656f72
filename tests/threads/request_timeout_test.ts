import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import { fileURLToPath } from "node:url";
import { ThreadExecutor } from "../../src/threads/thread_executor.ts";
import { ChildProgram } from "../fixtures/child_program.ts";
import { SignalledHandler } from "../fixtures/handlers/signalled_handlers.ts";
import { MemoryConnection } from "../fixtures/memory_connection.ts";
import { ThreadingSession } from "../fixtures/threading_session.ts";
import { until } from "../fixtures/until.ts";

const LIMIT_MS = 30_000;
const ADDRESS: Deno.NetAddr = {
  transport: "tcp",
  hostname: "127.0.0.1",
  port: 1,
};
/** The URL of a module that never comes to its end. */
const ENDLESS_MODULE =
  new URL("../fixtures/handlers/endless_module_handler.ts", import.meta.url)
    .href;

Deno.test("ThreadingTCPServer.requestTimeout lets a request go that loops for ever, and others have other threads", async () => {
  await using program = ChildProgram.fixture("timed_loop_program.ts");
  assertEquals(JSON.parse((await program.line())!), {
    errors: ["TimedOut"],
    answers: Array(5).fill("ready"),
    threads: 2,
  });
  assertEquals((await program.ended()).code, 0);
});

Deno.test("ThreadingTCPServer.requestTimeout leaves the other requests of a thread alone, and the thread", async () => {
  await using session = new ThreadingSession(SignalledHandler);
  const { server, record } = session;
  using neighbour = await session.connect("answer");
  assertEquals(await neighbour.line(), "ready");
  server.requestTimeout = 0.1;
  using ignoring = await session.connect("ignore");
  await ignoring.ended();
  assertInstanceOf(await record.nth(1), Deno.errors.TimedOut);
  await until(() => server.activeRequests.length === 1);
  server.requestTimeout = null;
  assertEquals(await neighbour.ask("question"), "answered, undefined");
  using later = await session.connect("answer");
  assertEquals(await later.line(), "ready");
  assertEquals(await later.ask("question"), "answered, undefined");
  assertEquals([record.errors.length, server.activeThreads], [1, 1]);
});

Deno.test("ThreadingTCPServer.requestTimeout, and a ThreadingUDPServer's, leave nothing on the thread of requests that never end", async () => {
  await using program = new ChildProgram(
    Deno.execPath(),
    "run",
    "-A",
    "--v8-flags=--expose-gc",
    fileURLToPath(
      new URL("../fixtures/programs/given_up_program.ts", import.meta.url),
    ),
  );
  assertEquals(await program.line(), "0", "of connections");
  assertEquals(await program.line(), "0", "of datagrams");
  assertEquals((await program.ended()).code, 0);
});

Deno.test("ThreadExecutor.giveUp() ends requests whose thread does not start, though another has", async () => {
  const server = {
    RequestHandlerClass: SignalledHandler,
    handlerModule: SignalledHandler.moduleUrl,
    serverAddress: ADDRESS,
    data: undefined,
    maxThreads: 2,
    requestsPerThread: 1,
    maxWaitingRequests: 1000,
    daemonThreads: false,
    shutdownByHandler: () => {},
  };
  const errors: unknown[] = [];
  const executor = new ThreadExecutor(
    server,
    (error) => Promise.resolve(void errors.push(error)),
  );
  const [first, second, third] = Array.from(
    { length: 3 },
    () => new MemoryConnection([new TextEncoder().encode("answer\n")], false),
  );
  const handled = executor.run(first, ADDRESS);
  await deadline(first!.written, LIMIT_MS);
  server.handlerModule = ENDLESS_MODULE;
  const error = new Deno.errors.TimedOut("too long");
  const others = [second, third].map((it) => executor.run(it, ADDRESS));
  assertEquals([executor.size, executor.waiting], [2, 1]);
  for (const [i, request] of [second, third].entries()) {
    executor.giveUp(request, error);
    assertStrictEquals(
      await assertRejects(() => deadline(others[i]!, LIMIT_MS)),
      error,
    );
  }
  assertEquals([executor.waiting, executor.abort(second, error)], [0, false]);
  first!.halfClose();
  await deadline(handled, LIMIT_MS);
  await executor.close();
  assertEquals(errors, []);
});
