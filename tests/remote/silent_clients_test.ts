import { assertEquals, assertStrictEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { PendingRequest } from "../../src/remote/pending_request.ts";
import { findSilent } from "../../src/remote/silent_clients.ts";
import { socketsAsked } from "../../src/streams/sockets_asked.ts";
import type { StreamRequest } from "@socketserver/socketserver";
import { TlsAcceptor } from "@socketserver/socketserver/tls";
import { TcpPair } from "../fixtures/tcp_pair.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { TlsAuthority } from "../tls/tls_authority.ts";

const LIMIT_MS = 20_000;
const LINE = new TextEncoder().encode("a line\n");
const REST = new TextEncoder().encode("and another");

/** The two ends of a connection. */
interface Pair extends Disposable {
  readonly server: StreamRequest;
  readonly client: Deno.Conn;
}

/** Something of which pairs are made. */
interface Kind extends Disposable {
  open(): Promise<Pair>;
}

const kinds: Record<string, () => Promise<Kind>> = {
  TCP: () => Promise.resolve({ open: TcpPair.open, [Symbol.dispose]() {} }),
  "Unix": () => {
    const folder = new TemporaryFolder();
    const path = `${folder.path}/socket`;
    const open = async () => {
      using listener = Deno.listen({ transport: "unix", path });
      const connecting = Deno.connect({ transport: "unix", path });
      return pairOf(await listener.accept(), await connecting);
    };
    return Promise.resolve({
      open,
      [Symbol.dispose]: () => folder[Symbol.dispose](),
    });
  },
  "TLS of Deno's": async () => {
    const authority = await TlsAuthority.create();
    const { cert, key } = await authority.issue("localhost");
    const open = async () => {
      using listener = Deno.listenTls({
        hostname: "127.0.0.1",
        port: 0,
        cert,
        key,
      });
      const [server, client] = await Promise.all([
        listener.accept(),
        Deno.connectTls({
          hostname: "127.0.0.1",
          port: listener.addr.port,
          caCerts: [authority.own.cert],
        }),
      ]);
      await Promise.all([server.handshake(), client.handshake()]);
      return pairOf(server as unknown as StreamRequest & Disposable, client);
    };
    return { open, [Symbol.dispose]: () => authority[Symbol.dispose]() };
  },
  "TLS of Node's": async () => {
    const authority = await TlsAuthority.create();
    const acceptor = new TlsAcceptor(await authority.issue("localhost"));
    const open = async () => {
      const { server, client } = await TcpPair.open();
      const [accepted, connected] = await Promise.all([
        acceptor.accept(server),
        Deno.startTls(client, {
          hostname: "localhost",
          caCerts: [authority.own.cert],
        }),
      ]);
      return pairOf(accepted!, connected);
    };
    return { open, [Symbol.dispose]: () => authority[Symbol.dispose]() };
  },
};

function pairOf(
  server: StreamRequest & Disposable,
  client: Deno.Conn,
): Pair {
  return {
    server,
    client,
    [Symbol.dispose]() {
      server[Symbol.dispose]();
      client[Symbol.dispose]();
    },
  };
}

/** Reads on where it was found out whether a client is silent. */
async function readOn(
  { input }: PendingRequest,
  count: number,
): Promise<string> {
  while (input!.length < count) {
    await deadline(input!.fill(Infinity), LIMIT_MS);
  }
  return new TextDecoder().decode(input!.take(count));
}

for (const [name, create] of Object.entries(kinds)) {
  Deno.test(`findSilent() knows of ${name} connections who has sent something, and loses no byte`, async () => {
    using kind = await create();
    using pairs = new DisposableStack();
    const pendings: PendingRequest[] = [];
    const clients: Deno.Conn[] = [];
    for (let i = 0; i < 3; i++) {
      const { server, client } = pairs.use(await kind.open());
      pendings.push(new PendingRequest(server, server.remoteAddr));
      clients.push(client);
    }
    const [talking, silent, ending] = pendings;
    await clients[0]!.write(LINE);
    await clients[2]!.closeWrite();
    for (let i = 0; i < 4; i++) await socketsAsked(); // TLS writes in the background
    const found = await deadline(findSilent(pendings), LIMIT_MS);
    assertEquals([...found].indexOf(silent!), 0);
    assertEquals(found.size, 1);
    assertEquals(pendings.map(({ hasSpoken }) => hasSpoken), [
      true,
      false,
      true,
    ]);
    await clients[0]!.write(REST);
    await clients[1]!.write(REST);
    assertEquals(await readOn(talking!, 18), "a line\nand another");
    assertEquals(await readOn(silent!, 11), "and another");
    assertEquals(await ending!.input!.fill(Infinity), false);
  });
}

Deno.test("findSilent() asks no datagram, and leaves an error to who reads next", async () => {
  const error = new Deno.errors.ConnectionReset("lost");
  let reads = 0;
  const lost = {
    read: () => {
      reads++;
      return Promise.reject(error);
    },
  };
  const address: Deno.Addr = { transport: "tcp", hostname: "::1", port: 1 };
  const [first, datagram] = [lost, [LINE, {}]].map((request) =>
    new PendingRequest(request, address)
  );
  const found = await findSilent([first!, datagram!]);
  assertEquals([found.size, first!.hasSpoken, datagram!.input], [
    0,
    true,
    null,
  ]);
  const failed = await first!.input!.fill(Infinity).catch((error) => error);
  assertStrictEquals(failed, error);
  assertEquals(reads, 1);
});
