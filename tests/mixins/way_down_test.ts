import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { retry } from "@std/async/retry";
import {
  type ForkingOptions,
  ForkingTCPServer,
  type RequestHandlerClass,
  type ServerOptions,
  type StreamRequest,
  type ThreadingOptions,
  ThreadingTCPServer,
  ThreadingUDPServer,
} from "@socketserver/socketserver";
import { LineClient } from "../fixtures/clients/line_client.ts";
import { ResettingClient } from "../fixtures/clients/resetting_client.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { KeepAliveHandler } from "../fixtures/handlers/keep_alive_handler.ts";
import {
  SignalledDatagramHandler,
  signalledFunction,
  SignalledHandler,
} from "../fixtures/handlers/signalled_handlers.ts";
import { until } from "../fixtures/until.ts";
import { WaitingTests } from "../fixtures/waiting_tests.ts";

// How handlers on threads and in child processes learn that they are to end.

const LIMIT_MS = 30_000;
const INET = { hostname: "127.0.0.1", port: 0 };
/** A time limit that is none for what begins at once, in seconds. */
const TIMEOUT = 2;
const STOPPING =
  "ServerStoppingError: Cannot go on with the request as the server is to stop";
const classes = { ThreadingTCPServer, ForkingTCPServer };
const ONE_AT_A_TIME = { maxThreads: 1, requestsPerThread: 1, maxChildren: 1 };
type ServerClass = typeof classes[keyof typeof classes];

/** A server that serves until it is disposed of. */
class Session implements AsyncDisposable {
  readonly server: ThreadingTCPServer | ForkingTCPServer;
  readonly record: ErrorRecord;
  readonly stopper = new AbortController();
  readonly serving: Promise<void>;

  constructor(
    Server: ServerClass,
    options: ServerOptions & ThreadingOptions & ForkingOptions = {},
    handler: RequestHandlerClass<StreamRequest> = SignalledHandler,
  ) {
    this.server = new Server(INET, handler, {
      handlerModule: SignalledHandler.moduleUrl,
      ...options,
    });
    this.record = new ErrorRecord(this.server);
    this.serving = this.server.serveForever({ signal: this.stopper.signal });
  }

  /** Connects a client whose handler has begun. */
  async begin(way: string): Promise<LineClient> {
    const client = await LineClient.connect(this.server, way);
    assertEquals(await client.line(), "ready");
    return client;
  }

  /** Has the server stop, in one of the ways there are. */
  stop(way: "shutdown" | "serverClose" | "signal"): Promise<void> {
    if (way !== "signal") return this.server[way]();
    this.stopper.abort();
    return this.serving;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await deadline(this.server.serverClose(), LIMIT_MS);
    await deadline(this.serving, LIMIT_MS);
  }
}

/** Has a wrapper handled of each request, which carries its signal. */
function wrapping(Server: ServerClass): ServerClass {
  return class extends (Server as typeof ThreadingTCPServer) {
    override finishRequest(request: Deno.TcpConn, address: Deno.NetAddr) {
      const wrapper = {
        localAddr: request.localAddr,
        remoteAddr: request.remoteAddr,
        read: (buffer: Uint8Array) => request.read(buffer),
        write: (data: Uint8Array) => request.write(data),
        closeWrite: () => request.closeWrite(),
        close: () => request.close(),
        signal: this.requestSignal(request),
      };
      return super.finishRequest(wrapper as unknown as Deno.TcpConn, address);
    }
  };
}

const waiting = new WaitingTests("requestTimeout, with its graces");

for (const [name, Server] of Object.entries(classes)) {
  for (const way of ["shutdown", "serverClose", "signal"] as const) {
    const call = way === "signal" ? "serveForever({ signal })" : `${way}()`;
    Deno.test(`${name}.${call} ends handlers that wait for their signal, and none that answers`, async () => {
      await using session = new Session(Server);
      using listening = await session.begin("listen");
      using racing = await session.begin("race");
      using answering = await session.begin("answer");
      const stopped = session.stop(way);
      assertEquals(await listening.line(), STOPPING);
      await listening.ended();
      await racing.ended();
      assertEquals(
        await answering.ask("the question"),
        "answered, ServerStoppingError",
      );
      await answering.ended();
      await deadline(stopped, LIMIT_MS);
      await until(() => session.server.stats.active === 0);
      assertEquals(session.record.errors, []);
      assertEquals(session.server.stats.handled, 3);
    });
  }

  Deno.test(`${name} tells a function that handles requests, in its last argument`, async () => {
    await using session = new Session(Server, {}, signalledFunction);
    using client = await LineClient.connect(session.server);
    assertEquals(await client.line(), "ready");
    await deadline(session.server.shutdown(), LIMIT_MS);
    assertEquals(await client.line(), "ServerStoppingError");
    await client.ended();
  });

  waiting.test(`${name}.requestTimeout tells a handler first, whose last words arrive`, async () => {
    await using session = new Session(Server);
    session.server.requestTimeout = TIMEOUT;
    using client = await session.begin("last words");
    assertEquals(
      await client.line(),
      `TimedOut: Cannot handle the request within the requestTimeout: current value is ${TIMEOUT} seconds`,
    );
    assertEquals(await client.line(), "finally");
    await client.ended();
    assertInstanceOf(await session.record.nth(1), Deno.errors.TimedOut);
    await until(() => session.server.stats.active === 0);
    assertEquals(session.record.errors.length, 1);
    assertEquals(session.server.stats.failed, 1);
  });

  waiting.test(`${name}.requestTimeout ends a request whose handler does not want to end`, async () => {
    await using session = new Session(Server);
    session.server.requestTimeout = TIMEOUT;
    using client = await session.begin("ignore");
    assertEquals(await client.line(), "heard");
    await client.ended();
    assertInstanceOf(await session.record.nth(1), Deno.errors.TimedOut);
    await until(() => session.server.stats.active === 0);
    assertEquals(session.record.errors.length, 1);
  });

  waiting.test(`${name}.requestTimeout ends a request that waits for its turn`, async () => {
    await using session = new Session(Server, ONE_AT_A_TIME);
    using first = await session.begin("answer");
    session.server.requestTimeout = 0.1;
    using second = await LineClient.connect(session.server, "listen");
    await second.ended();
    const { error, clientAddress } = await session.record.nthReport(1);
    assertInstanceOf(error, Deno.errors.TimedOut);
    assertEquals(clientAddress, second.connection.localAddr);
    await until(() => session.server.stats.active === 1);
    assertEquals(session.server.stats.waiting, 0);
    assertEquals(await first.ask("still there?"), "answered, undefined");
    await first.ended();
  });

  Deno.test(`${name}.shutdown() tells a handler that begins later that its server is to stop`, async () => {
    await using session = new Session(Server, ONE_AT_A_TIME);
    using first = await session.begin("answer");
    using second = await LineClient.connect(session.server, "listen");
    await until(() => session.server.stats.waiting === 1);
    await deadline(session.server.shutdown(), LIMIT_MS);
    assertEquals(
      await first.ask("the question"),
      "answered, ServerStoppingError",
    );
    assertEquals(await second.line(), "ready");
    assertEquals(await second.line(), STOPPING);
    await second.ended();
    assertEquals(session.record.errors, []);
  });

  Deno.test(`${name}.shutdown() ends requests that wait, of silent clients, and takes no runner for them`, async () => {
    for (const Class of [Server, wrapping(Server)]) {
      await using session = new Session(Class, ONE_AT_A_TIME);
      using first = await session.begin("answer");
      using silent = new DisposableStack();
      const clients: LineClient[] = [];
      for (let i = 0; i < 3; i++) {
        clients.push(silent.use(await LineClient.connect(session.server)));
      }
      await until(() => session.server.stats.waiting === 3);
      await deadline(session.server.shutdown(), LIMIT_MS);
      // The only thread, or child, that there may be is busy all the while.
      for (const client of clients) assertEquals(await client.line(), null);
      await until(() => session.server.stats.active === 1);
      assertEquals(session.server.stats.handled, 3);
      assertEquals(
        await first.ask("the question"),
        "answered, ServerStoppingError",
      );
      assertEquals(session.record.errors, []);
    }
  });

  Deno.test(`${name}.shutdown() has clients answered that wait and have asked, also if their handlers heed the signal`, async () => {
    const handlerModule = import.meta.resolve(
      "../fixtures/handlers/keep_alive_handler.ts",
    );
    // On a busy machine the moment may be over before the handler has read.
    await retry(async () => {
      const options = { ...ONE_AT_A_TIME, handlerModule };
      await using session = new Session(Server, options, KeepAliveHandler);
      using first = await LineClient.connect(session.server);
      assertEquals(await first.line(), "hello");
      assertEquals(await first.ask("slow"), "begun");
      using second = await LineClient.connect(session.server, "the question");
      using silent = await LineClient.connect(session.server);
      await until(() => session.server.stats.waiting === 2);
      await deadline(session.server.shutdown(), LIMIT_MS);
      assertEquals(await silent.line(), null);
      assertEquals(await first.ask("go on"), "answer to slow");
      await first.ended();
      assertEquals(await second.line(), "hello");
      assertEquals(await second.line(), "answer to the question");
      await second.ended();
      await until(() => session.server.stats.active === 0);
      assertEquals(session.server.stats.handled, 3);
      assertEquals(session.record.errors, []);
    }, { minTimeout: 1 });
  });

  Deno.test(`${name} tells a handler of a reset that neither reads nor writes`, async () => {
    await using session = new Session(Server);
    const client = await ResettingClient.connect(session.server.serverAddress);
    await client.send("listen");
    await deadline(client.received(), LIMIT_MS);
    await client.reset();
    const error = await session.record.nth(1);
    assert(
      error instanceof Deno.errors.ConnectionReset ||
        error instanceof Deno.errors.BrokenPipe,
      Deno.inspect(error),
    );
  });

  waiting.test(`${name}.finishRequest() may pass on a wrapper, which carries the signal`, async () => {
    await using session = new Session(wrapping(Server));
    using stopped = await session.begin("listen");
    session.server.requestTimeout = TIMEOUT;
    using client = await session.begin("last words");
    assert((await client.line())?.startsWith("TimedOut"));
    assertEquals(await client.line(), "finally");
    await client.ended();
    using ignoring = await session.begin("ignore");
    assertEquals(await ignoring.line(), "heard");
    await ignoring.ended();
    await deadline(session.server.shutdown(), LIMIT_MS);
    assertEquals(await stopped.line(), STOPPING);
    await until(() => session.server.stats.active === 0);
    assertEquals(session.server.stats.failed, 2);
  });
}

Deno.test("ThreadingUDPServer.shutdown() tells the handler of a datagram", async () => {
  await using server = new ThreadingUDPServer(INET, SignalledDatagramHandler);
  const serving = server.serveForever();
  const client = Deno.listenDatagram({ ...INET, transport: "udp" });
  const next = async () => {
    const [data] = await deadline(client.receive(), LIMIT_MS);
    return new TextDecoder().decode(data);
  };
  await client.send(new Uint8Array(1), server.serverAddress);
  assertEquals(await next(), "ready");
  await deadline(server.shutdown(), LIMIT_MS);
  assertEquals(await next(), "ServerStoppingError");
  await serving;
  client.close();
});
