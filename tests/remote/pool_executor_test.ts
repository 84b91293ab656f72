import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import {
  type PooledServer,
  PoolExecutor,
} from "../../src/remote/pool_executor.ts";
import type {
  PendingRequest,
  RequestRunner,
} from "../../src/remote/pending_request.ts";
import {
  HandlerNotFoundError,
  ServerStoppingError,
} from "@socketserver/socketserver";

const ADDRESS: Deno.Addr = { transport: "tcp", hostname: "192.0.2.1", port: 7 };
const LIMIT_MS = 30_000;
const FAILURE = new RangeError("it failed");
const SHORTAGE = Object.assign(new Error("EMFILE"), { code: "EMFILE" });

class SomeHandler {
  static moduleUrl = "https://example.com/handlers.ts";
  run(): void {}
}

const SERVER: PooledServer = {
  RequestHandlerClass: SomeHandler,
  handlerModule: undefined,
  serverAddress: ADDRESS,
  data: { greeting: "hello" },
  maxWaitingRequests: 2,
  shutdownByHandler: () => {},
};

/** A pool of one runner, which the test is. */
class OnePool extends PoolExecutor<PooledServer> {
  readonly log: string[] = [];
  readonly reports: unknown[][] = [];
  readonly retired = Promise.withResolvers<void>();
  /** Why its runner can't be started, if it can't. */
  failure: Error | null = null;
  /** How often its runner was to be started. */
  attempts = 0;
  /** Ends the request that the runner has. */
  end = () => {};
  #busy = false;
  readonly #runner: RequestRunner = {
    handle: (pending) => this.#handle(pending),
    stop: ({ reason }) => this.log.push(`stop: ${reason}`),
    stopAll: (reason) => this.log.push(`stop all: ${reason}`),
    giveUp: (_pending, error) => this.log.push(`give up: ${error}`),
  };

  constructor(server: Partial<PooledServer> = {}) {
    super({ ...SERVER, ...server }, (...report) => {
      this.reports.push(report);
      return Promise.resolve();
    });
  }

  get settings() {
    return this.farSettings;
  }

  get wanted(): boolean {
    return this.serving;
  }

  protected override get runners(): ReadonlySet<RequestRunner> {
    return new Set(this.failure === null ? [this.#runner] : []);
  }

  protected override startFirst(): Promise<void> {
    this.#start();
    this.log.push("start");
    return Promise.resolve();
  }

  protected override findFree(): RequestRunner | undefined {
    if (this.#busy || this.startPause.lasts) return undefined;
    this.#start();
    return this.#runner;
  }

  protected override retireIdle(): void {
    this.log.push("retire");
    this.retired.resolve();
  }

  protected override endAll(error: Error): void {
    this.log.push(`end all: ${error.message}`);
  }

  protected override closingError(): Error {
    return new Error("closed");
  }

  #start(): void {
    this.attempts++;
    if (this.failure !== null) throw this.failure;
  }

  async #handle(pending: PendingRequest): Promise<void> {
    pending.runner = this.#runner;
    this.#busy = true;
    const handled = Promise.withResolvers<void>();
    this.end = handled.resolve;
    await handled.promise;
    this.#busy = false;
  }
}

/** Something that can be read, and so be carried elsewhere. */
function aConnection(): object {
  return { read: () => Promise.resolve(null) };
}

Deno.test("PoolExecutor.run() has connections and datagrams handled, and refuses the rest", async () => {
  const pool = new OnePool();
  for (const request of [aConnection(), [new Uint8Array(1), {}]]) {
    const handled = pool.run(request, ADDRESS);
    pool.end();
    await handled;
  }
  for (const request of ["a text", null, undefined, {}]) {
    await assertRejects(
      () => pool.run(request, ADDRESS),
      TypeError,
      `must be a connection or a datagram, [data, socket]: current value is ${
        Deno.inspect(request)
      }`,
    );
  }
});

Deno.test("PoolExecutor.run() waits while there is no room for a runner, and reports that once", async () => {
  const pool = new OnePool();
  pool.failure = SHORTAGE;
  const handled = [1, 2].map(() => pool.run(aConnection(), ADDRESS));
  assertEquals(pool.reports, [[SHORTAGE, undefined, undefined]]);
  for (let i = 0; i < 3; i++) await deadline(pool.whenFree()!, LIMIT_MS);
  assertEquals(pool.attempts, 4);
  pool.failure = null;
  await deadline(pool.whenFree()!, LIMIT_MS);
  for (const one of handled) {
    pool.end();
    await deadline(one, LIMIT_MS);
  }
  assertEquals([pool.whenFree(), pool.reports.length], [null, 1]);
});

Deno.test("PoolExecutor.run() rejects the last requests if no runner is left, and there is no room for long", async () => {
  const pool = new OnePool({ maxWaitingRequests: 3 });
  pool.failure = SHORTAGE;
  const handled = [1, 2].map(() => pool.run(aConnection(), ADDRESS));
  await assertRejects(() => deadline(handled[1]!, LIMIT_MS), Error, "EMFILE");
  pool.failure = null;
  await deadline(pool.whenFree()!, LIMIT_MS);
  pool.end();
  await deadline(handled[0]!, LIMIT_MS);
  assertEquals(pool.reports.length, 1);
});

Deno.test("PoolExecutor.start() waits until there is room for a runner", async () => {
  const pool = new OnePool();
  pool.failure = SHORTAGE;
  const started = pool.start();
  while (pool.attempts < 4) await delay(1);
  assertEquals(pool.reports, [[SHORTAGE, undefined, undefined]]);
  pool.failure = null;
  await deadline(started, LIMIT_MS);
  assertEquals(pool.log, ["start"]);
});

for (const way of ["rest", "close"] as const) {
  Deno.test(`PoolExecutor.${way}() ends the wait for room`, async () => {
    const pool = new OnePool();
    pool.failure = SHORTAGE;
    const started = pool.start();
    const handled = pool.run(aConnection(), ADDRESS).catch((error) =>
      error.message
    );
    await pool[way](false);
    if (way === "rest") await pool.close();
    await deadline(started, LIMIT_MS);
    assertEquals(await deadline(handled, LIMIT_MS), "closed");
  });
}

Deno.test("PoolExecutor.whenFree() holds the server back while maxWaitingRequests wait", async () => {
  const pool = new OnePool();
  const handled = [1, 2, 3].map(() => pool.run(aConnection(), ADDRESS));
  const held = pool.whenFree(); // one is handled, and two wait
  assert(held !== null);
  pool.end();
  await deadline(held, LIMIT_MS);
  assertEquals(pool.whenFree(), null);
  await handled[0];
  for (const rest of handled.slice(1)) {
    pool.end();
    await rest;
  }
});

Deno.test("PoolExecutor.whenFree() counts the requests that it has not been given yet", async () => {
  const pool = new OnePool();
  const handled = [1, 2].map(() => pool.run(aConnection(), ADDRESS));
  assertEquals(pool.whenFree(0), null); // one is handled, and one waits
  assert(pool.whenFree(1) !== null);
  for (const each of handled) {
    pool.end();
    await each;
  }
});

Deno.test("PoolExecutor.rest() retires idle runners at once, or in a moment", async () => {
  const pool = new OnePool();
  assertEquals(pool.wanted, false);
  await pool.start();
  assertEquals(pool.wanted, true);
  pool.rest(false);
  assertEquals([pool.log, pool.wanted], [["start", "retire"], false]);
  const soonAgain = new OnePool();
  await soonAgain.start();
  soonAgain.rest(true);
  assertEquals([soonAgain.log, soonAgain.wanted], [["start"], true]);
  const hold = setTimeout(() => {}, LIMIT_MS); // its timer alone would not
  await deadline(soonAgain.retired.promise, LIMIT_MS);
  clearTimeout(hold);
  assertEquals(soonAgain.wanted, false);
});

Deno.test("PoolExecutor.start() keeps runners that were to be retired in a moment", async () => {
  const pool = new OnePool();
  await pool.start();
  pool.rest(true);
  await pool.start();
  const other = new OnePool(); // whose moment begins later, and so ends later
  await other.start();
  other.rest(true);
  const hold = setTimeout(() => {}, LIMIT_MS);
  await deadline(other.retired.promise, LIMIT_MS);
  clearTimeout(hold);
  assertEquals(pool.log, ["start", "start"]);
});

Deno.test("PoolExecutor.close() ends what runs, rejects what waits, and starts nothing any more", async () => {
  const pool = new OnePool();
  await pool.start();
  const handled = pool.run(aConnection(), ADDRESS);
  const waiting = pool.run(aConnection(), ADDRESS);
  pool.rest(true);
  const rejected = assertRejects(() => waiting, Error, "closed");
  await pool.close();
  assertEquals(pool.wanted, false);
  await rejected;
  await pool.close();
  assertEquals(pool.log, ["start", "end all: closed", "end all: closed"]);
  await assertRejects(() => pool.start(), Error, "closed");
  pool.end();
  await handled;
});

Deno.test("PoolExecutor.stop() begins none of the requests that wait", async () => {
  const pool = new OnePool();
  const handled = pool.run(aConnection(), ADDRESS);
  const waiting = pool.run(aConnection(), ADDRESS);
  pool.stop();
  pool.end();
  await handled;
  const rejected = assertRejects(() => waiting, Error, "closed");
  await pool.close();
  await rejected;
});

Deno.test("PoolExecutor.abortAll() tells runners once, and requests that wait when they begin", async () => {
  const pool = new OnePool();
  const [first, second] = [aConnection(), aConnection()];
  const handled = [first, second].map((it) => pool.run(it, ADDRESS));
  assertEquals(pool.waiting, 1);
  pool.abortAll(FAILURE);
  assertEquals([first, second].map((it) => pool.abort(it, FAILURE)), [
    true,
    true,
  ]);
  assertEquals(pool.abort(aConnection(), new Error("unknown")), false);
  assertEquals(pool.log, [`stop all: ${FAILURE}`]);
  for (const each of handled) {
    pool.end();
    await each;
  }
});

Deno.test("PoolExecutor.abortAll() has runners retired that no silent client needs, if nothing is served", async () => {
  const pool = new OnePool();
  const first = pool.run(aConnection(), ADDRESS);
  const silent = { read: () => new Promise(() => {}) };
  const waiting = pool.run(silent, ADDRESS);
  const rejected = assertRejects(() => waiting, ServerStoppingError);
  pool.abortAll(new ServerStoppingError("to stop"));
  pool.end();
  await first;
  await deadline(rejected, LIMIT_MS);
  await deadline(pool.retired.promise, LIMIT_MS);
  assertEquals([pool.waiting, pool.attempts], [0, 1]);
});

Deno.test("PoolExecutor.giveUp() takes a request out of the queue, and has a runner give up its own", async () => {
  const pool = new OnePool();
  const [first, second] = [aConnection(), aConnection()];
  const handled = [first, second].map((it) => pool.run(it, ADDRESS));
  pool.giveUp(second, FAILURE);
  assertStrictEquals(await assertRejects(() => handled[1]!), FAILURE);
  assertEquals([pool.waiting, pool.log], [0, []]);
  pool.giveUp(first, FAILURE);
  assertEquals(pool.log, [`give up: ${FAILURE}`]);
  pool.end();
  await handled[0];
});

Deno.test("PoolExecutor.onShutdown() calls shutdownByHandler(), and reports what it throws", async () => {
  let calls = 0;
  const obedient = new OnePool({ shutdownByHandler: () => void calls++ });
  obedient.onShutdown();
  assertEquals(calls, 1);
  for (
    const fails of [() => Promise.reject(FAILURE), () => {
      throw FAILURE;
    }]
  ) {
    const pool = new OnePool({ shutdownByHandler: fails });
    pool.onShutdown();
    await Promise.resolve();
    assertEquals(pool.reports, [[FAILURE, undefined, undefined]]);
  }
});

Deno.test("PoolExecutor.onFault() reports a fault with its request", () => {
  const pool = new OnePool();
  const request = aConnection();
  pool.onFault(FAILURE, request, ADDRESS);
  assertStrictEquals(pool.reports[0]![1], request);
  assertEquals(pool.reports, [[FAILURE, request, ADDRESS]]);
});

Deno.test("PoolExecutor.farSettings tell a runner what it needs of the server", () => {
  const { handler, serverAddress, data } = new OnePool().settings;
  assertEquals(handler, {
    moduleUrl: SomeHandler.moduleUrl,
    name: "SomeHandler",
  });
  assertEquals([serverAddress, data], [ADDRESS, { greeting: "hello" }]);
  const RequestHandlerClass = (() => class extends SomeHandler {})();
  const nameless = new OnePool({ RequestHandlerClass });
  assertThrows(() => nameless.settings, HandlerNotFoundError, "have a name");
});
