import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import type {
  AnyServer,
  ServerConstructor,
  StreamRequest,
} from "@socketserver/socketserver";
import { serverClasses } from "../contract/server_classes.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { ConnectionHandler } from "../fixtures/handlers/connection_handler.ts";
import { needing, type Program } from "../fixtures/installed_program.ts";
import { ProxyProgram } from "../fixtures/proxy_program.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { until } from "../fixtures/until.ts";

// Real proxies in front of servers of every class.

const LIMIT_MS = 30_000;

const streamClasses = Object.values(serverClasses).flat()
  .filter(({ socketType }) => socketType === "SOCK_STREAM");

/** A server behind a proxy, and what has come to it. */
class Backend implements AsyncDisposable {
  readonly server: AnyServer;
  readonly record: ErrorRecord;
  /** What `verifyRequest()` was given. */
  readonly clients: Deno.Addr[] = [];
  /** How many connections there have been, health checks among them. */
  connections = 0;
  readonly #folder = new TemporaryFolder();
  readonly #serving: Promise<void>;

  constructor(Server: ServerConstructor, addressFamily: string) {
    const path = `${this.#folder.path}/socket`;
    const socket = addressFamily === "AF_UNIX"
      ? Deno.listen({ transport: "unix", path })
      : Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { accept } = socket as Deno.Listener;
    socket.accept = () => {
      this.connections++;
      return accept.call(socket) as Promise<never>;
    };
    this.server = new Server(socket.addr, ConnectionHandler, {
      socket,
      proxyProtocol: { trust: ["127.0.0.1", "unix"] },
    });
    this.record = new ErrorRecord(this.server);
    this.server.verifyRequest = (
      _request: StreamRequest,
      clientAddress: Deno.Addr,
    ) => {
      this.clients.push(clientAddress);
      return true;
    };
    this.#serving = this.server.serveForever();
  }

  /** Where it is, as proxies name it. */
  address(unix: "unix:" | "unix@"): string {
    const { path, hostname, port } = this.server.serverAddress;
    return path === undefined ? `${hostname}:${port}` : `${unix}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.serverClose();
    await this.#serving;
    this.#folder[Symbol.dispose]();
  }
}

/** The proxies, and how they are told to speak the protocol. */
const PROXIES: Record<string, [Program, (backend: Backend) => ProxyProgram]> = {
  "HAProxy's send-proxy": [
    "haproxy",
    (backend) => ProxyProgram.haproxy(`${backend.address("unix@")} send-proxy`),
  ],
  "HAProxy's send-proxy-v2": [
    "haproxy",
    (backend) =>
      ProxyProgram.haproxy(
        `${
          backend.address("unix@")
        } send-proxy-v2 proxy-v2-options crc32c,unique-id`,
      ),
  ],
  "nginx's proxy_protocol": [
    "nginx",
    (backend) => ProxyProgram.nginx(backend.address("unix:")),
  ],
};

for (const { name, Server, addressFamily } of streamClasses) {
  for (const [title, [program, start]] of Object.entries(PROXIES)) {
    Deno.test(needing([program], {
      name: `${name} sees the client behind ${title}`,
      async fn() {
        await using backend = new Backend(Server, addressFamily);
        await using proxy = start(backend);
        const client = await proxy.connect();
        const { localAddr, remoteAddr } = client;
        await client.write(new TextEncoder().encode("addresses\n"));
        const answer = new Response(client.readable).json();
        assertEquals(await deadline(answer, LIMIT_MS), [remoteAddr, localAddr]);
        assertEquals(backend.clients, [localAddr]);
        assertEquals(backend.record.errors, []);
      },
    }));
  }
}

for (const { name, Server, addressFamily } of streamClasses) {
  Deno.test(needing(["haproxy"], {
    name: `${name} says nothing of HAProxy's health checks`,
    async fn() {
      await using backend = new Backend(Server, addressFamily);
      const address = backend.address("unix@");
      await using _proxy = ProxyProgram.haproxy(
        `${address} send-proxy`,
        checksOf(address),
      );
      await until(() => backend.connections > 50);
      assertEquals(backend.record.errors, []);
    },
  }));
}

/** Backends of HAProxy, whose checks connect only, or send a header too. */
function checksOf(address: string): string {
  return ["send-proxy", "send-proxy-v2"].map((option) => `
backend connecting-${option}
  server main ${address} ${option} check inter 5ms
backend sending-${option}
  option tcp-check
  tcp-check connect send-proxy
  server main ${address} ${option} check inter 5ms
`).join("");
}
