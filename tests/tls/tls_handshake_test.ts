import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ServerHandshake } from "../../src/tls/server_handshake.ts";
import { TlsAcceptor } from "../../src/tls/tls_acceptor.ts";
import { type TlsServer, TlsServers } from "../../src/tls/tls_servers.ts";
import { MemoryConnection } from "../fixtures/memory_connection.ts";
import {
  forEachSeed,
  type Random,
  randomBytes,
} from "../fixtures/seeded_cases.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";
import { UnhandledRejections } from "../fixtures/unhandled_rejections.ts";
import { type TlsAuthority, tlsTest } from "./tls_authority.ts";
import { TlsPair } from "./tls_pair.ts";
import { TlsPort } from "./tls_port.ts";

const LIMIT_MS = 30_000;
const HELLO_HEAD = new Uint8Array([22, 3, 1, 1, 0, 1, 0, 0, 252, 3, 3]);

for (
  const [kind, said, named] of [
    ["silent", 0, false],
    ["slow", HELLO_HEAD.length, false],
    ["silent, unnamed", 0, true],
    ["slow, unnamed", HELLO_HEAD.length, true],
  ] as const
) {
  tlsTest(
    `TlsAcceptor.accept() gives a ${kind} client up, and lets go of it`,
    async (authority) => {
      const acceptor = await acceptorOf(authority, named);
      using rejections = new UnhandledRejections();
      using pair = await TcpPair.open();
      await pair.client.write(HELLO_HEAD.subarray(0, said));
      const accepted = acceptor.accept(pair.server, 0.05);
      await assertRejects(() => accepted, Deno.errors.TimedOut);
      pair.server.close();
      assertEquals(await deadline(told(pair.client), LIMIT_MS), null);
      assertEquals(await rejections.count(), 0);
    },
  );

  tlsTest(
    `TlsAcceptor.accept() ends when a ${kind} client's connection is closed`,
    async (authority) => {
      const acceptor = await acceptorOf(authority, named);
      using rejections = new UnhandledRejections();
      using pair = await TcpPair.open();
      await pair.client.write(HELLO_HEAD.subarray(0, said));
      const accepted = acceptor.accept(pair.server);
      setTimeout(() => pair.server.close());
      await assertRejects(() => accepted, Deno.errors.Interrupted);
      assertEquals(await deadline(told(pair.client), LIMIT_MS), null);
      assertEquals(await rejections.count(), 0);
    },
  );
}

tlsTest(
  "TlsAcceptor.accept() gives null for a client that goes without a word",
  async (authority) => {
    for (const named of [false, true]) {
      const acceptor = await acceptorOf(authority, named);
      using pair = await TcpPair.open();
      pair.client.close();
      assertEquals(await acceptor.accept(pair.server), null);
    }
  },
);

/** Counts for whom TLS begins. */
class CountedServers extends TlsServers {
  begun = 0;

  override find(serverName: string | null): TlsServer {
    this.begun++;
    return super.find(serverName);
  }
}

tlsTest(
  "ServerHandshake.run() has nothing of TLS begin before a client has said hello",
  async (authority) => {
    const servers = new CountedServers(await authority.issue("one"), {});
    const silent = new MemoryConnection([]);
    assertEquals(await new ServerHandshake(silent, false).run(servers), null);
    const slow = new MemoryConnection([HELLO_HEAD], false);
    const waiting = new ServerHandshake(slow, false).run(servers);
    for (let i = 0; i < 100; i++) await null;
    assertEquals(servers.begun, 0);
    slow.halfClose();
    await assertRejects(() => waiting, Deno.errors.UnexpectedEof);
    assertEquals(servers.begun, 1);
  },
);

tlsTest(
  "TlsAcceptor.accept() rejects for a client that goes in the middle",
  async (authority) => {
    const acceptor = new TlsAcceptor(await authority.issue("one"));
    using pair = await TcpPair.open();
    await pair.client.write(HELLO_HEAD);
    pair.client.close();
    const { UnexpectedEof } = Deno.errors;
    await assertRejects(() => acceptor.accept(pair.server), UnexpectedEof);
  },
);

tlsTest(
  "TlsAcceptor.accept() survives any bytes, and lets go of who sends them",
  async (authority) => {
    const hello = await helloOf(authority);
    using rejections = new UnhandledRejections();
    const serverNames = { "two.test": await authority.issue("two") };
    const named = {
      serverNames,
      ca: authority.own.cert,
      clientCertificate: "optional",
    } as const;
    for (const more of [{}, named]) {
      await using port = new TlsPort({
        ...await authority.issue("one"),
        ...more,
      });
      await forEachSeed(150, async (random) => {
        using client = await Deno.connect({ port: port.port });
        await client.write(anyBytes(random, hello)).catch(() => {});
        await client.closeWrite().catch(() => {});
        // The server's end is closed, whatever it has said before.
        while (await deadline(told(client), LIMIT_MS) !== null);
      });
      const caCerts = [authority.own.cert];
      const honest = await Deno.connectTls({ port: port.port, caCerts });
      await honest.write(new Uint8Array(7));
      assertEquals(await honest.read(new Uint8Array(9)), 7);
      honest.close();
      await port.rest();
      const { InvalidData, UnexpectedEof } = Deno.errors;
      for (const error of port.failures) {
        assert(
          error instanceof InvalidData || error instanceof UnexpectedEof,
          `${error}`,
        );
      }
      assertEquals(port.open, 0);
    }
    assertEquals(await rejections.count(), 0);
  },
);

tlsTest(
  "TlsConnection.read() survives any bytes after the handshake",
  async (authority) => {
    using rejections = new UnhandledRejections();
    const record = new Uint8Array([23, 3, 3, 0, 60, ...Array(60).keys()]);
    await forEachSeed(30, async (random) => {
      using pair = await TlsPair.open(authority);
      await pair.relay.send(anyBytes(random, record));
      await pair.relay.cut();
      const read = assertRejects(() => pair.read());
      const error = await deadline(read, LIMIT_MS);
      const { InvalidData, UnexpectedEof } = Deno.errors;
      assert(
        error instanceof InvalidData || error instanceof UnexpectedEof,
        `${error}`,
      );
    });
    assertEquals(await rejections.count(), 0);
  },
);

/** An acceptor, for which the server's name makes a difference or none. */
async function acceptorOf(
  authority: TlsAuthority,
  named: boolean,
): Promise<TlsAcceptor> {
  const one = await authority.issue("one");
  const serverNames = { "two.test": one };
  return new TlsAcceptor({ ...one, ...named && { serverNames } });
}

/** Nonsense, or something that begins as it should. */
function anyBytes(random: Random, right: Uint8Array): Uint8Array {
  if (random(3) === 0) return randomBytes(random, 2_000);
  const bytes = right.slice(0, 1 + random(right.length));
  for (let i = random(4); i > 0; i--) bytes[random(bytes.length)] = random(256);
  return bytes;
}

/** What the client of a TLS connection says first. */
async function helloOf(authority: TlsAuthority): Promise<Uint8Array> {
  using pair = await TcpPair.open();
  const caCerts = [authority.own.cert];
  const hostname = "two.test";
  const client = await Deno.startTls(pair.client, { hostname, caCerts });
  const handshake = client.handshake().catch(() => {});
  const buffer = new Uint8Array(4_096);
  const count = await pair.server.read(buffer);
  pair.server.close();
  await handshake;
  client.close();
  return buffer.slice(0, count!);
}

/** What a client is told next: bytes, or the end in any way. */
function told(client: Deno.TcpConn): Promise<number | null> {
  return client.read(new Uint8Array(4_096)).catch(() => null);
}
