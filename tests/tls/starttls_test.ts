import {
  type AnyServer,
  AsyncTCPServer,
  ForkingTCPServer,
  type ServerConstructor,
  ThreadingTCPServer,
} from "@socketserver/socketserver";
import { assertEquals, assertMatch } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { ConsoleErrors } from "../fixtures/console_errors.ts";
import { StartTlsHandler } from "../fixtures/handlers/start_tls_handler.ts";
import { needing } from "../fixtures/installed_program.ts";
import { TlsAuthority } from "./tls_authority.ts";

const LIMIT_MS = 30_000;
const HOSTNAME = "127.0.0.1";
const SERVERS: ServerConstructor[] = [
  AsyncTCPServer,
  ThreadingTCPServer,
  ForkingTCPServer,
];

type Client = (port: number, authority: TlsAuthority) => Promise<void>;

/** What clients do, and how the line about them ends. */
const CLIENTS: Record<string, [Client, RegExp]> = {
  "never shakes hands": [
    async (port) => {
      using client = await begin(port, 0.05);
      await gone(client);
    },
    /: TimedOut: Cannot do the TLS handshake .*$/,
  ],
  "goes on in plain text": [
    async (port) => {
      using client = await begin(port, 30);
      await client.write(new TextEncoder().encode("a line in plain text\n"));
      await gone(client);
    },
    /: InvalidData: Cannot accept a TLS connection .*$/,
  ],
  "injects more than was read": [
    async (port) => {
      using client = await connectPlain(port);
      const injected = "injected\n".repeat(1_000);
      await client.write(new TextEncoder().encode(`30\n${injected}`));
      await gone(client);
    },
    /: InvalidData: Cannot accept a TLS connection .*$/,
  ],
  "is silent over TLS": [
    async (port, { own: { cert } }) => {
      const plain = await begin(port, 0.2);
      const options = { hostname: "localhost", caCerts: [cert] };
      using client = await Deno.startTls(plain, options);
      await gone(client);
    },
    // On a busy machine, it may be too slow before that.
    /: TimedOut: Cannot (read|do the TLS handshake) .*$/,
  ],
  "resets its connection over TLS": [
    async (port, { own: { cert: ca } }) => {
      const socket = connect(port, HOSTNAME);
      socket.write("30\n");
      await once(socket, "data");
      const client = connectTls({ socket, ca, servername: "localhost" });
      client.on("error", () => {});
      await once(client, "secureConnect");
      client.write("hello\n");
      await once(client, "data");
      socket.resetAndDestroy();
    },
    /: ConnectionReset: .*$/,
  ],
};

for (const Server of SERVERS) {
  test(
    Server,
    "drops what came before the handshake",
    async (port, authority) => {
      const injected = "injected\n".repeat(10);
      const plain = await connectPlain(port);
      await plain.write(new TextEncoder().encode(`30\n${injected}`));
      assertEquals(await answer(plain), `${injected.length} bytes dropped\n`);
      const caCerts = [authority.own.cert];
      const hostname = "localhost";
      const client = await Deno.startTls(plain, { hostname, caCerts });
      await using dialogue = new Dialogue(client);
      await dialogue.send("hello");
      assertEquals(await dialogue.receive(), "hello");
      await client.closeWrite();
      await dialogue.ended();
      return [];
    },
  );

  for (const [deed, [client, line]] of Object.entries(CLIENTS)) {
    test(Server, `prints one line for a client that ${deed}`, async (...to) => {
      await client(...to);
      return [line];
    });
  }
}

/** Tests a server, and what it prints. */
function test(
  Server: ServerConstructor,
  name: string,
  body: (port: number, authority: TlsAuthority) => Promise<RegExp[]>,
): void {
  Deno.test(needing(["openssl"], {
    name: `${Server.name} with STARTTLS ${name}`,
    async fn() {
      using authority = await TlsAuthority.create();
      using stderr = new ConsoleErrors();
      const { cert, key } = await authority.issue("one");
      const released = Promise.withResolvers<void>();
      await using server = new class extends Server {
        override async shutdownRequest(
          ...request: Parameters<AnyServer["shutdownRequest"]>
        ): Promise<void> {
          await super.shutdownRequest(...request);
          released.resolve();
        }
      }({ hostname: HOSTNAME, port: 0 }, StartTlsHandler, {
        data: { cert, key },
      });
      const serving = server.serveForever();
      const { port } = server.serverAddress as Deno.NetAddr;
      const lines = await deadline(body(port, authority), LIMIT_MS);
      await deadline(released.promise, LIMIT_MS);
      await server.serverClose();
      await serving;
      assertEquals(stderr.texts.length, lines.length, stderr.texts.join("\n"));
      for (const [i, line] of lines.entries()) {
        assertMatch(stderr.texts[i]!, /^Request from [^\n]* ended early: /);
        assertMatch(stderr.texts[i]!, line);
      }
    },
  }));
}

function connectPlain(port: number): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: HOSTNAME, port });
}

/** Connects, and has the server wait for a handshake, or what comes after. */
async function begin(port: number, limit: number): Promise<Deno.TcpConn> {
  const client = await connectPlain(port);
  await client.write(new TextEncoder().encode(`${limit}\n`));
  assertEquals(await answer(client), "0 bytes dropped\n");
  return client;
}

/** Waits until the server has ended the connection in any way. */
async function gone(client: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(100);
  while (await client.read(buffer).catch(() => null) !== null);
}

async function answer(client: Deno.TcpConn): Promise<string> {
  const buffer = new Uint8Array(100);
  const count = await client.read(buffer);
  return new TextDecoder().decode(buffer.subarray(0, count ?? 0));
}
