import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ServerStoppingError } from "../../src/errors.ts";
import { ActiveRequests } from "../../src/servers/active_requests.ts";
import { RequestSignals } from "../../src/servers/request_signals.ts";
import { RequestReader } from "../../src/streams/request_reader.ts";
import { ResponseWriter } from "../../src/streams/response_writer.ts";
import type { ByteSink, ByteSource } from "../../src/types.ts";

type Connection = ByteSource & ByteSink;

const LIMIT_MS = 20_000;
const ADDRESS: Deno.Addr = { transport: "tcp", hostname: "192.0.2.1", port: 7 };

/** Signals of requests that the test begins, and what an executor is told. */
function signalsOf() {
  const active = new ActiveRequests<unknown>();
  const told: unknown[][] = [];
  const signals = new RequestSignals(active, {
    executor: () => ({
      abort: (...args) => told.push(["abort", ...args]) > 0,
      abortAll: (...args) => void told.push(["abortAll", ...args]),
    }),
  });
  return { active, signals, told };
}

function aborted(signal: AbortSignal): Promise<Event> {
  return deadline(
    new Promise((resolve) => signal.addEventListener("abort", resolve)),
    LIMIT_MS,
  );
}

Deno.test("RequestSignals.of() is the same for a request each time, and never aborted for what it does not know", () => {
  const { active, signals } = signalsOf();
  active.begin("a", ADDRESS);
  assertStrictEquals(signals.of("a"), signals.of("a"));
  const unknown = signals.of("b");
  signals.stop();
  assertEquals([signals.of("a").aborted, unknown.aborted], [true, false]);
});

Deno.test("RequestSignals.stop() tells the requests there are, and the executor, for one reason", () => {
  const { active, signals, told } = signalsOf();
  const [a, b] = ["a", "b"].map((it) => active.begin(it, ADDRESS));
  const signal = signals.of("a");
  signals.stop();
  assertInstanceOf(signal.reason, ServerStoppingError);
  assertStrictEquals(signals.of("b").reason, signal.reason);
  assertEquals(told, [["abortAll", signal.reason]]);
  active.begin("c", ADDRESS);
  assertEquals(signals.of("c").aborted, false);
  active.end(a!);
  active.end(b!);
});

Deno.test("RequestSignals.stopSoon() tells those that have not ended a moment later", async () => {
  const { active, signals, told } = signalsOf();
  const [a, b] = ["a", "b"].map((it) => active.begin(it, ADDRESS));
  const signal = signals.of("a");
  signals.stopSoon([a!, b!]);
  assertEquals(signal.aborted, false);
  active.end(b!);
  await aborted(signal);
  assertInstanceOf(signal.reason, ServerStoppingError);
  assertEquals(told, [["abort", "a", signal.reason, ADDRESS]]);
  assertEquals(b!.reason, null);
});

for (
  const [method, use] of [
    ["rfile", (it: Connection) => new RequestReader(it).readLine()],
    ["wfile", (it: Connection) => new ResponseWriter(it).write("a word")],
  ] as const
) {
  Deno.test(`RequestSignals.of() aborts with the loss that ${method} finds, and the handler hears of no other reason`, async () => {
    const { active, signals } = signalsOf();
    const reset = new Deno.errors.ConnectionReset("reset by peer");
    const connection: Connection = {
      read: () => Promise.reject(reset),
      write: () => Promise.reject(reset),
      closeWrite: () => Promise.resolve(),
    };
    active.begin(connection, ADDRESS);
    const signal = signals.of(connection);
    const told = aborted(signal);
    await assertRejects(() => use(connection), Deno.errors.ConnectionReset);
    await told;
    signals.stop();
    assertStrictEquals(signal.reason, reset);
  });
}

for (
  const error of [
    new Deno.errors.Interrupted("closed here"),
    new Deno.errors.BadResource("closed here"),
    new RangeError("a fault"),
  ]
) {
  Deno.test(`RequestSignals.of() takes a ${error.name} for no loss`, async () => {
    const { active, signals } = signalsOf();
    const connection = { read: () => Promise.reject(error) };
    active.begin(connection, ADDRESS);
    const signal = signals.of(connection);
    await assertRejects(() => new RequestReader(connection).read(), Error);
    assertEquals(signal.aborted, false);
  });
}
