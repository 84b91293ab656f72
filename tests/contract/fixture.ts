import { assert, assertEquals } from "@std/assert";
import type {
  AnyServer,
  RequestHandlerClass,
  ServerConstructor,
} from "@socketserver/socketserver";
import { ErrorRecord } from "../fixtures/error_record.ts";
import {
  DatagramContextHandler,
  StreamContextHandler,
} from "../fixtures/handlers/context_handlers.ts";
import {
  DatagramEndlessHandler,
  StreamEndlessHandler,
} from "../fixtures/handlers/endless_handlers.ts";
import {
  DatagramFailingStepHandler,
  StreamFailingStepHandler,
} from "../fixtures/handlers/failing_step_handlers.ts";
import {
  DatagramLineEchoHandler,
  StreamLineEchoHandler,
} from "../fixtures/handlers/line_echo_handlers.ts";
import {
  DatagramSignalHandler,
  StreamSignalHandler,
} from "../fixtures/handlers/signal_handlers.ts";
import {
  DatagramStopHandler,
  StreamStopHandler,
} from "../fixtures/handlers/stop_handlers.ts";
import { type Client, DatagramClient, StreamClient } from "./clients.ts";
import type { ServerClass } from "./server_classes.ts";

/** A handler class, whatever its requests are. */
// deno-lint-ignore no-explicit-any -- a stream's and a datagram's have no common type
export type AnyHandlerClass = RequestHandlerClass<any>;

/** The handlers that there are for streams and for datagrams. */
interface Handlers {
  readonly LineEcho: AnyHandlerClass;
  readonly FailingStep: AnyHandlerClass;
  readonly Context: AnyHandlerClass;
  readonly Stop: AnyHandlerClass;
  readonly Signal: AnyHandlerClass;
  readonly Endless: AnyHandlerClass;
}

const STREAM_HANDLERS: Handlers = {
  LineEcho: StreamLineEchoHandler,
  FailingStep: StreamFailingStepHandler,
  Context: StreamContextHandler,
  Stop: StreamStopHandler,
  Signal: StreamSignalHandler,
  Endless: StreamEndlessHandler,
};
const DATAGRAM_HANDLERS: Handlers = {
  LineEcho: DatagramLineEchoHandler,
  FailingStep: DatagramFailingStepHandler,
  Context: DatagramContextHandler,
  Stop: DatagramStopHandler,
  Signal: DatagramSignalHandler,
  Endless: DatagramEndlessHandler,
};

/** What a scenario needs to put one server class to the test. */
export class Fixture implements AsyncDisposable {
  /** The class, and what is known of it. */
  readonly serverClass: ServerClass;
  /** The class, with a `handleError()` that fills {@linkcode record}. */
  readonly Server: ServerConstructor;
  /** Handlers for the class's kind of requests. */
  readonly handlers: Handlers;
  /** What `handleError()` was given: nothing that a scenario did not take. */
  readonly record = new ErrorRecord();
  readonly #clients: Client[] = [];
  readonly #servers: AnyServer[] = [];
  #folder: string | undefined;
  #paths = 0;

  constructor(serverClass: ServerClass) {
    const { record } = this;
    const Server = this.#noting(serverClass.Server);
    const { mixIn } = serverClass;
    this.serverClass = {
      ...serverClass,
      Server,
      ...(mixIn && { mixIn: { ...mixIn, base: this.#noting(mixIn.base) } }),
    };
    this.Server = class extends Server {
      override handleError(
        ...report: Parameters<ErrorRecord["handleError"]>
      ): void | Promise<void> {
        record.handleError(...report);
      }
    };
    this.handlers = this.isStream ? STREAM_HANDLERS : DATAGRAM_HANDLERS;
  }

  /** Whether the class serves connections rather than datagrams. */
  get isStream(): boolean {
    return this.serverClass.socketType === "SOCK_STREAM";
  }

  /** Whether the class serves connections whose clients have no name. */
  get isUnixStream(): boolean {
    return this.isStream && this.serverClass.addressFamily === "AF_UNIX";
  }

  /** An address that nobody listens on. */
  address(): { hostname: string; port: number } | { path: string } {
    return this.serverClass.addressFamily === "AF_UNIX"
      ? { path: this.path() }
      : { hostname: "127.0.0.1", port: 0 };
  }

  /** A path in a folder of the scenario's own. */
  path(): string {
    this.#folder ??= Deno.makeTempDirSync();
    return `${this.#folder}/${++this.#paths}.sock`;
  }

  /** Listens on a free address without a server. */
  listen(): Deno.Listener | Deno.DatagramConn {
    const { addressFamily } = this.serverClass;
    const inet = { hostname: "127.0.0.1", port: 0 };
    if (addressFamily === "AF_UNIX") {
      const path = this.path();
      return this.isStream
        ? Deno.listen({ transport: "unix", path })
        : Deno.listenDatagram({ transport: "unixpacket", path });
    }
    return this.isStream
      ? Deno.listen(inet)
      : Deno.listenDatagram({ transport: "udp", ...inet });
  }

  /** Connects a client, which is closed at the end. */
  async connect(server: AnyServer): Promise<Client> {
    const client = this.isStream
      ? await this.connectStream(server)
      : this.connectDatagram(server);
    return client;
  }

  /** Connects a client of a stream server. */
  async connectStream({ serverAddress }: AnyServer): Promise<StreamClient> {
    const { path, hostname, port } = serverAddress;
    const client = new StreamClient(
      await (path === undefined
        ? Deno.connect({ hostname, port })
        : Deno.connect({ transport: "unix", path })),
    );
    this.#clients.push(client);
    return client;
  }

  /** Makes a client of a datagram server, with an address of its own. */
  connectDatagram({ serverAddress }: AnyServer): DatagramClient {
    const socket = serverAddress.path === undefined
      ? Deno.listenDatagram({
        transport: "udp",
        hostname: "127.0.0.1",
        port: 0,
      })
      : Deno.listenDatagram({ transport: "unixpacket", path: this.path() });
    const client = new DatagramClient(socket, serverAddress);
    this.#clients.push(client);
    return client;
  }

  /** Sends a line from a new client and resolves to the server's answer. */
  async ask(server: AnyServer, line: string): Promise<string> {
    using client = await this.connect(server);
    await client.send(line);
    return await client.receive();
  }

  /** Asserts that each server knows what became of each of its requests. */
  assertStatsAddUp(): void {
    for (const { stats } of this.#servers) {
      const { accepted, refused, handled, failed, active, waiting } = stats;
      const sum = refused + handled + failed + active;
      assertEquals(accepted, sum, Deno.inspect(stats));
      assert(waiting <= active, Deno.inspect(stats));
    }
  }

  /** A class that is the same, but that its servers are known here. */
  #noting(Server: ServerConstructor): ServerConstructor {
    const servers = this.#servers;
    return class extends Server {
      // deno-lint-ignore no-explicit-any -- whatever the class takes
      constructor(...args: any[]) {
        super(...args);
        servers.push(this);
      }
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    if (this.#folder !== undefined) {
      await Deno.remove(this.#folder, { recursive: true });
    }
  }
}
