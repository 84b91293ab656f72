import {
  type AnyServer,
  BaseRequestHandler,
  type DatagramRequest,
  type StreamRequest,
} from "@socketserver/socketserver";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import { until } from "../../fixtures/until.ts";
import type { Fixture } from "../fixture.ts";
import { override } from "../hook_log.ts";
import type { Scenario } from "../scenario.ts";

/** What a server can be given to handle requests, and what handlers get. */
export const handlerScenarios: Scenario[] = [
  {
    name: "constructor refuses values that cannot handle requests",
    // deno-lint-ignore require-await -- a scenario is asynchronous
    async run(f) {
      for (const value of [class Point {}, {}, "EchoHandler", undefined]) {
        assertThrows(
          () => new f.Server(f.address(), value),
          TypeError,
          "must be a handler class or a function: current value is",
        );
      }
    },
  },
  {
    name: "data option reaches handlers, with the server's address",
    async run(f) {
      const data = { greeting: "hello", limits: [1, 2] };
      await using server = new f.Server(f.address(), f.handlers.Context, {
        data,
      });
      const handled = server.handleRequest();
      const context = JSON.parse(await f.ask(server, "context?"));
      await handled;
      assertEquals(context.data, data);
      assertEquals(context.serverAddress, server.serverAddress);
    },
  },
  {
    name: "getRequest() may give another client address",
    async run(f) {
      const seen: { address?: Deno.Addr } = {};
      class Server extends f.Server {}
      override(
        Server,
        "getRequest",
        async (proceed) => [(await proceed() as unknown[])[0], seen.address],
      );
      await using server = new Server(f.address(), f.handlers.Context);
      using client = await f.connect(server);
      using elsewhere = f.isStream ? client : f.connectDatagram(server);
      seen.address = f.isStream
        ? { transport: "tcp", hostname: "192.0.2.1", port: 7 }
        : elsewhere.address;
      await client.send("context?");
      await server.handleRequest();
      const context = JSON.parse(await elsewhere.receive());
      assertEquals(context.clientAddress, seen.address);
    },
  },
  {
    name: "clientAddress is what the platform says",
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.Context);
      const handled = server.handleRequest();
      using client = await f.connect(server);
      await client.send("context?");
      const { clientAddress } = JSON.parse(await client.receive());
      await handled;
      assertEquals(clientAddress, client.address);
    },
  },
  {
    name: "finishRequest() may pass further arguments to a handler",
    async run(f) {
      class Server extends f.Server {
        override async finishRequest(request: unknown, address: Deno.Addr) {
          await new PoliteHandler(request, address, this, "Good day").run();
        }
      }
      await using server = new Server(f.address(), PoliteHandler);
      assertEquals(await asked(server, f), "Good day");
    },
  },
  {
    name: "constructor takes a function in place of a handler class",
    handlerAtHome: "a function cannot be sent to a thread or a process",
    async run(f) {
      const handle = async (
        request: StreamRequest | DatagramRequest,
        clientAddress: Deno.Addr,
        server: AnyServer,
      ) => {
        assertInstanceOf(server, f.Server);
        await reply(request, clientAddress, "from a function");
      };
      await using server = new f.Server(f.address(), handle);
      assertEquals(await asked(server, f), "from a function");
    },
  },
  {
    name: "constructor takes a function that returns a handler",
    handlerAtHome: "a function cannot be sent to a thread or a process",
    async run(f) {
      const make = (request: unknown, address: Deno.Addr, server: AnyServer) =>
        new PoliteHandler(request, address, server, "Good night");
      await using server = new f.Server(f.address(), make);
      assertEquals(await asked(server, f), "Good night");
    },
  },
  {
    name: "server gives handlers whatever its class adds",
    handlerAtHome:
      "in a thread or a process the handler gets a stand-in for the server",
    async run(f) {
      class Server extends f.Server {
        greeting = "Good evening";
      }
      class AddedHandler extends BaseRequestHandler<unknown, Server> {
        override async handle() {
          const { request, clientAddress, server: { greeting } } = this;
          await reply(request as StreamRequest, clientAddress, greeting);
        }
      }
      await using server = new Server(f.address(), AddedHandler);
      assertEquals(await asked(server, f), "Good evening");
    },
  },
  {
    name: "setup(), handle() and finish() may be synchronous",
    handlerAtHome: "it records the calls in an array of this isolate",
    async run(f) {
      const calls: string[] = [];
      class SyncHandler extends BaseRequestHandler {
        override setup(): void {
          calls.push("setup");
        }
        override handle(): void {
          calls.push("handle");
        }
        override finish(): void {
          calls.push("finish");
        }
      }
      const server = new f.Server(f.address(), SyncHandler);
      using client = await f.connect(server);
      await client.send("");
      await server.handleRequest();
      client.close();
      await server.serverClose();
      assertEquals(calls, ["setup", "handle", "finish"]);
    },
  },
  {
    name: "hooks may be synchronous",
    async run(f) {
      class Server extends f.Server {
        override verifyRequest(): boolean {
          return true;
        }
        override closeRequest(request: unknown): void {
          if (f.isStream) (request as StreamRequest).close();
        }
        override serviceActions(): void {}
        override handleTimeout(): void {}
      }
      await using server = new Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      assertEquals(await f.ask(server, "sync"), "sync");
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "activeRequests holds a request while it is handled",
    async run(f) {
      const seen = Promise.withResolvers<unknown[][]>();
      class Server extends f.Server {
        override async finishRequest(request: unknown, address: Deno.Addr) {
          seen.resolve([this.activeRequests, [request]]);
          await super.finishRequest(request, address);
        }
      }
      const server = new Server(f.address(), f.handlers.LineEcho);
      assertEquals(server.activeRequests, []);
      using client = await f.connect(server);
      await client.send("active");
      await server.handleRequest();
      assertEquals(await client.receive(), "active");
      await server.serverClose();
      const [active, request] = await seen.promise;
      assertEquals(active!.length, 1);
      assert(active![0] === request![0]);
      assertEquals(server.activeRequests, []);
    },
  },
  {
    name: "activeRequests drops requests that have ended",
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      for (let i = 0; i < 10; i++) {
        assertEquals(await f.ask(server, `${i}`), `${i}`);
      }
      await until(() => server.activeRequests.length === 0);
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "finishRequest() is called below a mixin, and above it",
    needs: { concurrent: true },
    async run(f) {
      const { apply, base } = f.serverClass.mixIn!;
      const order: string[] = [];
      class Below extends base {}
      override(Below, "finishRequest", (proceed) => {
        order.push("below");
        return proceed();
      });
      class Above extends apply(Below) {}
      override(Above, "finishRequest", (proceed) => {
        order.push("above");
        return proceed();
      });
      await using server = new Above(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      assertEquals(await f.ask(server, "through both"), "through both");
      assertEquals(order, ["above", "below"]);
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "finishRequest() below a mixin may make the handler itself",
    needs: { concurrent: true },
    async run(f) {
      const { apply, base } = f.serverClass.mixIn!;
      class Below extends base {
        override finishRequest(request: unknown, address: Deno.Addr) {
          return new PoliteHandler(request, address, this, "Good day").run();
        }
      }
      const Server = apply(Below);
      await using server = new Server(f.address(), PoliteHandler);
      assertEquals(await asked(server, f), "Good day");
    },
  },
  {
    name: "members of a server may have any name under a mixin",
    needs: { concurrent: true },
    async run(f) {
      const { apply, base } = f.serverClass.mixIn!;
      class Own extends base {
        queue = "its queue";
        pool = "its pool";
        executor = "its executor";
        loop = "its loop";
        events = "its events";
        createPool = () => "its createPool()";
        handlerPool = () => "its handlerPool()";
        start(): string {
          return "its start()";
        }
        run(): string {
          return "its run()";
        }
        whenFree(): string {
          return "its whenFree()";
        }
        rest(): string {
          return "its rest()";
        }
        stop(): string {
          return "its stop()";
        }
        close(): string {
          return "its close()";
        }
        members(): string[] {
          const { queue, pool, executor, loop, events } = this;
          return [queue, pool, executor, loop, events].concat(
            [this.createPool(), this.handlerPool(), this.start(), this.run()],
            [this.whenFree(), this.rest(), this.stop(), this.close()],
          );
        }
      }
      class Server extends apply(Own) {}
      const server = new Server(f.address(), f.handlers.LineEcho) as
        & AnyServer
        & Own;
      const serving = server.serveForever();
      assertEquals(await f.ask(server, "undisturbed"), "undisturbed");
      await server.shutdown();
      await serving;
      await server.serverClose();
      assertEquals(server.members(), [
        ...["its queue", "its pool", "its executor", "its loop", "its events"],
        ...["its createPool()", "its handlerPool()", "its start()"],
        ...["its run()", "its whenFree()", "its rest()", "its stop()"],
        "its close()",
      ]);
    },
  },
  {
    name: "mixin extends a server of the user's own",
    needs: { concurrent: true },
    async run(f) {
      const { apply, base } = f.serverClass.mixIn!;
      const order: string[] = [];
      class Own extends base {
        override verifyRequest(): boolean {
          order.push("verified");
          return true;
        }
      }
      const released = Promise.withResolvers<void>();
      class Server extends apply(Own) {}
      override(Server, "finishRequest", async (proceed) => {
        order.push("begun");
        if (order.length === 2) await released.promise;
        await proceed();
      });
      await using server = new Server(f.address(), f.handlers.LineEcho);
      assertInstanceOf(server, base);
      using first = await f.connect(server);
      await first.send("first");
      const serving = server.serveForever();
      assertEquals(await f.ask(server, "second"), "second");
      released.resolve();
      assertEquals(await first.receive(), "first");
      assertEquals(order, ["verified", "begun", "verified", "begun"]);
      await server.shutdown();
      await serving;
    },
  },
];

/** A handler whose constructor takes one argument more. */
class PoliteHandler extends BaseRequestHandler {
  /** Elsewhere it is not found there, as it is not exported. */
  static readonly moduleUrl = import.meta.url;
  readonly #greeting: string;

  constructor(
    request: unknown,
    clientAddress: Deno.Addr,
    server: AnyServer,
    greeting: string,
  ) {
    super(request, clientAddress, server);
    this.#greeting = greeting;
  }

  override async handle() {
    const { request, clientAddress } = this;
    await reply(request as StreamRequest, clientAddress, this.#greeting);
  }
}

/** Answers a request without `wfile`. */
async function reply(
  request: StreamRequest | DatagramRequest,
  clientAddress: Deno.Addr,
  text: string,
): Promise<void> {
  const bytes = new TextEncoder().encode(`${text}\n`);
  if ("write" in request) await request.write(bytes);
  else await request[1].send(bytes, clientAddress);
}

/** Asks a server that handles one request. */
async function asked(server: AnyServer, f: Fixture): Promise<string> {
  const handled = server.handleRequest();
  const answer = await f.ask(server, "anything");
  await handled;
  return answer;
}
