import {
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  type AnyServer,
  type ChildPermissions,
  ChildProcessError,
  ForkingUDPServer,
  ForkingUnixDatagramServer,
  RemoteProtocolError,
} from "@socketserver/socketserver";
import { DatagramCopyHandler } from "../fixtures/handlers/datagram_copy_handler.ts";
import { DatagramExitHandler } from "../fixtures/handlers/datagram_exit_handler.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { HostileHandler } from "../fixtures/handlers/hostile_handler.ts";
import { RelayingHandler } from "../fixtures/handlers/relaying_handler.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

const LIMIT_MS = 30_000;
const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const OPTIONS = { drainTimeout: 5, maxRequestsPerChild: 2, maxChildren: 2 };
const isWindows = Deno.build.os === "windows";

/** Sends datagrams of many sizes, and gets each of them back. */
async function assertCopies(
  server: AnyServer,
  client: Deno.DatagramConn,
): Promise<void> {
  const serving = server.serveForever();
  try {
    for (const size of [0, 1, 1000, 60_000]) {
      const sent = new Uint8Array(size).map((_, i) => i * 7);
      await client.send(sent, server.serverAddress);
      const [reply] = await deadline(
        client.receive(new Uint8Array(65_535)),
        LIMIT_MS,
      );
      assertEquals(reply, sent);
    }
  } finally {
    client.close();
    await server.shutdown();
    await serving;
  }
}

Deno.test("ForkingUDPServer's children reply to datagrams of all sizes", async () => {
  await using server = new ForkingUDPServer(
    ADDRESS,
    DatagramCopyHandler,
    OPTIONS,
  );
  await assertCopies(
    server,
    Deno.listenDatagram({ transport: "udp", ...ADDRESS }),
  );
});

Deno.test({
  name: "ForkingUnixDatagramServer's children reply to datagrams of all sizes",
  ignore: isWindows,
  async fn() {
    using folder = new TemporaryFolder();
    await using server = new ForkingUnixDatagramServer(
      { path: `${folder.path}/server` },
      DatagramCopyHandler,
      OPTIONS,
    );
    const path = `${folder.path}/client`;
    await assertCopies(
      server,
      Deno.listenDatagram({ transport: "unixpacket", path }),
    );
  },
});

Deno.test("ForkingUDPServer goes on after a datagram that ends its child", async () => {
  await using server = new ForkingUDPServer(
    ADDRESS,
    DatagramExitHandler,
    OPTIONS,
  );
  const record = new ErrorRecord(server);
  const client = Deno.listenDatagram({ transport: "udp", ...ADDRESS });
  const serving = server.serveForever();
  await client.send(new TextEncoder().encode("exit"), server.serverAddress);
  assertInstanceOf(await record.nth(1), ChildProcessError);
  await client.send(new TextEncoder().encode("go on"), server.serverAddress);
  const [reply] = await deadline(client.receive(), LIMIT_MS);
  assertEquals(new TextDecoder().decode(reply), "go on");
  client.close();
  await server.shutdown();
  await serving;
});

/** Has a child send to a third party; resolves to what became of it. */
async function relay(permissions: ChildPermissions): Promise<string> {
  await using server = new ForkingUDPServer(ADDRESS, RelayingHandler, {
    drainTimeout: 5,
    permissions,
  });
  const client = Deno.listenDatagram({ transport: "udp", ...ADDRESS });
  const other = Deno.listenDatagram({ transport: "udp", ...ADDRESS });
  const serving = server.serveForever();
  try {
    const address = new TextEncoder().encode(JSON.stringify(other.addr));
    await client.send(address, server.serverAddress);
    const [reply] = await deadline(client.receive(), LIMIT_MS);
    const text = new TextDecoder().decode(reply);
    if (text === "sent") await deadline(other.receive(), LIMIT_MS);
    return text;
  } finally {
    client.close();
    other.close();
    await server.shutdown();
    await serving;
  }
}

Deno.test("ForkingUDPServer's children send to their client and nobody else", async () => {
  for (const permissions of ["none" as const, { net: ["127.0.0.1"] }]) {
    assertStringIncludes(await relay(permissions), "NotCapable");
  }
});

Deno.test("ForkingUDPServer's children send to anybody if they have all of net", async () => {
  assertEquals(await relay({ net: true }), "sent");
});

Deno.test("ForkingUDPServer kills a child that does not read the answers it asks for", async () => {
  await using server = new ForkingUDPServer(ADDRESS, HostileHandler, {
    drainTimeout: 0,
  });
  const record = new ErrorRecord(server);
  const client = Deno.listenDatagram({ transport: "udp", ...ADDRESS });
  const serving = server.serveForever();
  await client.send(new Uint8Array(1), server.serverAddress);
  const error = await record.nth(1);
  assertInstanceOf(error, RemoteProtocolError);
  assertStringIncludes(error.message, "as it must read what it is sent");
  client.close();
  await server.shutdown();
  await serving;
});
