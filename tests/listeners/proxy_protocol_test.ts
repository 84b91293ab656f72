import { BlockList } from "node:net";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  AsyncTCPServer,
  BaseServer,
  ProxyHeaderError,
  type StreamRequest,
  TCPServer,
  UnixStreamServer,
} from "@socketserver/socketserver";
import { serverClasses } from "../contract/server_classes.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { StreamContextHandler } from "../fixtures/handlers/context_handlers.ts";
import { ConnectionHandler } from "../fixtures/handlers/connection_handler.ts";
import { PipeEchoHandler } from "../fixtures/handlers/pipe_echo_handler.ts";
import { ProxiedClient } from "../fixtures/proxied_client.ts";
import {
  INET_ADDRESSES,
  unixBlock,
  V1_LINE,
  v2Header,
} from "../fixtures/proxy_headers.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

const LIMIT_MS = 30_000;
const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const TRUST = { trust: ["127.0.0.1", "unix"] };
const LOCAL = v2Header({ command: 0x20, kind: 0, block: new Uint8Array() });

/** Whether it is one of the classes of connections. */
const streamClasses = Object.values(serverClasses).flat()
  .filter(({ socketType }) => socketType === "SOCK_STREAM");

for (const { name, Server, addressFamily } of streamClasses) {
  for (const [version, header] of [["1", V1_LINE], ["2", v2Header()]]) {
    Deno.test({
      name:
        `${name} gives handlers and hooks the addresses of version ${version}`,
      ignore: addressFamily === "AF_UNIX" && Deno.build.os === "windows",
      async fn() {
        using folder = new TemporaryFolder();
        const address = addressFamily === "AF_UNIX"
          ? { path: `${folder.path}/socket` }
          : ADDRESS;
        const seen: unknown[] = [];
        await using server = new Server(address, ConnectionHandler, {
          proxyProtocol: TRUST,
        });
        server.verifyRequest = (request: StreamRequest, clientAddress) => {
          seen.push(clientAddress, request.remoteAddr, request.localAddr);
          return true;
        };
        const serving = server.serveForever();
        using client = await ProxiedClient.connect(server);
        await client.send(header!);
        await client.send("addresses\n");
        const { source, destination } = INET_ADDRESSES;
        assertEquals(JSON.parse(await client.rest()), [destination, source]);
        assertEquals(seen, [source, source, destination]);
        await server.shutdown();
        await serving;
      },
    });
  }
}

/** Has a plain server of TCP handle one connection that begins with bytes. */
async function contextAfter(bytes: Uint8Array | string) {
  await using server = new TCPServer(ADDRESS, StreamContextHandler, {
    proxyProtocol: TRUST,
  });
  using client = await ProxiedClient.connect(server);
  await client.send(bytes);
  await deadline(server.handleRequest(), LIMIT_MS);
  const { clientAddress } = JSON.parse(await client.rest());
  return { clientAddress, ownPort: client.port };
}

Deno.test("verifyRequest() may ask a BlockList for the client's address, with and without a proxy", async () => {
  const blocked = new BlockList();
  blocked.addSubnet("192.168.0.0", 24);
  blocked.addSubnet("2001:db8::", 32, "ipv6");
  class GuardedServer extends TCPServer {
    override verifyRequest(_request: unknown, { hostname }: Deno.NetAddr) {
      const family = hostname.includes(":") ? "ipv6" : "ipv4";
      return !blocked.check(hostname, family);
    }
  }
  const lines = {
    [V1_LINE]: false,
    "PROXY TCP4 192.168.1.1 192.168.0.11 1 2\r\n": true,
    "PROXY TCP6 2001:db8::1 ::1 1 2\r\n": false,
    "PROXY TCP6 2001:db9::1 ::1 1 2\r\n": true,
    "PROXY TCP6 ::ffff:192.168.0.1 ::1 1 2\r\n": false,
    "PROXY UNKNOWN\r\n": true,
  };
  for (const [line, expected] of Object.entries(lines)) {
    let isServed = false;
    await using server = new GuardedServer(ADDRESS, () => isServed = true, {
      proxyProtocol: TRUST,
    });
    using client = await ProxiedClient.connect(server);
    await client.send(line);
    await deadline(server.handleRequest(), LIMIT_MS);
    assertEquals(await client.rest(), "");
    assertEquals(isServed, expected, line);
  }

  blocked.addAddress("127.0.0.1");
  await using server = new GuardedServer(ADDRESS, PipeEchoHandler);
  using client = await ProxiedClient.connect(server);
  await deadline(server.handleRequest(), LIMIT_MS);
  assertEquals(await client.rest(), "");
});

Deno.test("clientAddress is that of the connection where the header tells none", async () => {
  const unspecified = v2Header({ kind: 0, block: new Uint8Array() });
  for (const header of [LOCAL, unspecified, "PROXY UNKNOWN\r\n"]) {
    const { clientAddress, ownPort } = await contextAfter(header);
    assertEquals(clientAddress, {
      transport: "tcp",
      hostname: "127.0.0.1",
      port: ownPort,
    });
  }
});

Deno.test("clientAddress may be a Unix address behind a proxy of TCP", async () => {
  const block = unixBlock("/run/client", "/run/proxy");
  const { clientAddress } = await contextAfter(v2Header({ kind: 0x31, block }));
  assertEquals(clientAddress, { transport: "unix", path: "/run/client" });
});

Deno.test("a request's connection has all that one of TCP has, behind a proxy too", async () => {
  await using server = new TCPServer(ADDRESS, async (request) => {
    const connection = request as Deno.TcpConn;
    connection.setNoDelay();
    connection.setKeepAlive();
    await connection.readable.pipeTo(connection.writable);
  }, { proxyProtocol: TRUST });
  using client = await ProxiedClient.connect(server);
  await client.send(V1_LINE + "request");
  const handled = server.handleRequest();
  assertEquals(await client.received(7), "request");
  await client.end();
  await deadline(handled, LIMIT_MS);
});

Deno.test("a connection is refused if its peer is not trusted, whatever it sends", async () => {
  for (const bytes of [V1_LINE, v2Header(), "GET / HTTP/1.1\r\n", ""]) {
    await using server = new TCPServer(ADDRESS, PipeEchoHandler, {
      proxyProtocol: { trust: ["10.0.0.0/8", "::1"] },
    });
    const record = new ErrorRecord(server);
    using client = await ProxiedClient.connect(server);
    await client.send(bytes).catch(() => {});
    await deadline(server.handleRequest(), LIMIT_MS);
    assertEquals(await client.rest(), "");
    const { error, request, clientAddress } = await record.nthReport(1);
    assert(error instanceof ProxyHeaderError);
    assertEquals(
      error.message,
      "Cannot accept a connection from 127.0.0.1 as only proxies in proxyProtocol.trust may connect",
    );
    assertEquals([request, clientAddress], [undefined, undefined]);
    assertEquals(server.stats.accepted, 0);
  }
});

Deno.test("a connection is refused if it does not begin with a header", async () => {
  await using server = new TCPServer(ADDRESS, PipeEchoHandler, {
    proxyProtocol: TRUST,
  });
  const record = new ErrorRecord(server);
  using client = await ProxiedClient.connect(server);
  await client.send("GET / HTTP/1.1\r\n\r\n");
  await deadline(server.handleRequest(), LIMIT_MS);
  assertEquals(await client.rest(), "");
  const error = await record.nth(1) as Error;
  assert(error instanceof ProxyHeaderError);
  assertEquals(
    error.message,
    'Cannot accept a connection from 127.0.0.1 as the PROXY header must be as the protocol says: current value is "GET / HTTP/1.1\\r\\n"',
  );
});

Deno.test("a connection is refused if its header has not come within headerTimeout", async () => {
  await using server = new TCPServer(ADDRESS, PipeEchoHandler, {
    proxyProtocol: { ...TRUST, headerTimeout: 0.05 },
  });
  const record = new ErrorRecord(server);
  using client = await ProxiedClient.connect(server);
  await client.send("PROXY TCP4 192.168.0.1");
  await deadline(server.handleRequest(), LIMIT_MS);
  assertEquals(await client.rest(), "");
  assertEquals(
    (await record.nth(1) as Error).message,
    "Cannot accept a connection from 127.0.0.1 as the PROXY header must come within headerTimeout: current value is 0.05 seconds",
  );
});

Deno.test("serverClose() closes the connections whose headers have not come", async () => {
  const server = new AsyncTCPServer(ADDRESS, PipeEchoHandler, {
    proxyProtocol: { ...TRUST, headerTimeout: 3600 },
  });
  const serving = server.serveForever();
  const { port } = server.serverAddress;
  using silent = await ProxiedClient.connect(server);
  using client = await ProxiedClient.connect(server);
  await client.send(V1_LINE + "x");
  assertEquals(await client.received(1), "x"); // the silent one came before it
  await client.end();
  await deadline(server.serverClose(), LIMIT_MS);
  await serving;
  assertEquals(await silent.rest(), "");
  await using next = new TCPServer({ ...ADDRESS, port }, PipeEchoHandler);
  assertEquals(next.serverAddress.port, port);
});

Deno.test("a server takes headers of a listener that it was given, or that it is set to", async () => {
  for (const way of ["option", "serverBind"]) {
    const socket = Deno.listen(ADDRESS);
    class OwnServer extends TCPServer {
      override serverBind() {
        if (way === "serverBind") this.socket = socket;
      }
    }
    await using server = new OwnServer(ADDRESS, StreamContextHandler, {
      proxyProtocol: TRUST,
      ...way === "option" ? { socket } : {},
    });
    assertEquals(server.serverAddress, socket.addr);
    using client = await ProxiedClient.connect(server);
    await client.send(V1_LINE);
    await deadline(server.handleRequest(), LIMIT_MS);
    assertEquals(
      JSON.parse(await client.rest()).clientAddress,
      INET_ADDRESSES.source,
    );
  }
});

Deno.test("getRequest() takes headers where an override accepts by itself", async () => {
  class OwnServer extends TCPServer {
    override async getRequest(): Promise<[StreamRequest, Deno.Addr]> {
      const connection = await this.socket.accept();
      return [connection, connection.remoteAddr];
    }
  }
  await using server = new OwnServer(ADDRESS, StreamContextHandler, {
    proxyProtocol: TRUST,
  });
  using client = await ProxiedClient.connect(server);
  await client.send(V1_LINE);
  await deadline(server.handleRequest(), LIMIT_MS);
  assertEquals(
    JSON.parse(await client.rest()).clientAddress,
    INET_ADDRESSES.source,
  );
});

Deno.test({
  name:
    "a Unix server with proxyProtocol removes its file, and a given socket's",
  ignore: Deno.build.os === "windows",
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/socket`;
    for (const given of [false, true]) {
      const options = given
        ? { socket: Deno.listen({ transport: "unix", path }) }
        : { mode: 0o600 };
      const server = new UnixStreamServer({ path }, StreamContextHandler, {
        proxyProtocol: TRUST,
        ...options,
      });
      using client = await ProxiedClient.connect(server);
      await client.send(V1_LINE);
      await deadline(server.handleRequest(), LIMIT_MS);
      const { clientAddress } = JSON.parse(await client.rest());
      assertEquals(clientAddress, INET_ADDRESSES.source);
      await deadline(server.serverClose(), LIMIT_MS);
      assertThrows(() => Deno.lstatSync(path), Deno.errors.NotFound);
    }
  },
});

Deno.test("proxyProtocol is a field that cannot be changed", () => {
  const server = new TCPServer(ADDRESS, () => {}, {
    proxyProtocol: TRUST,
    bindAndActivate: false,
  });
  assertEquals(server.proxyProtocol, { ...TRUST, headerTimeout: 5 });
  assert(Object.isFrozen(server.proxyProtocol));
  assert(server instanceof BaseServer);
});

/** Options that are wrong, and what the error says. */
const WRONG: [options: unknown, message: string][] = [
  [null, "an object that has trust: current value is null"],
  [true, "an object that has trust: current value is true"],
  [{}, "an object that has trust: current value is {}"],
  [[], "an object that has trust: current value is []"],
  [{ trust: "10.0.0.0/8" }, 'or of "unix": current value is "10.0.0.0/8"'],
  [{ trust: [1] }, 'or of "unix": current value is 1'],
  [{ trust: ["10.0.0.0/33"] }, 'or of "unix": current value is "10.0.0.0/33"'],
  [{ trust: ["proxy.example"] }, 'current value is "proxy.example"'],
  [
    { trust: [] },
    "proxyProtocol.trust must have an address: current value is []",
  ],
  [{ trust: ["unix"] }, 'must have an address: current value is [ "unix" ]'],
  [
    { ...TRUST, headerTimeout: "5" },
    'seconds above 0, or null: current value is "5"',
  ],
  [
    { ...TRUST, headerTimeout: 0 },
    "seconds above 0, or null: current value is 0",
  ],
  [
    { ...TRUST, headerTimeout: -1 },
    "seconds above 0, or null: current value is -1",
  ],
  [
    { ...TRUST, headerTimeout: NaN },
    "seconds above 0, or null: current value is NaN",
  ],
];

Deno.test("new TCPServer() refuses a wrong proxyProtocol, and binds nothing", () => {
  for (const [options, message] of WRONG) {
    const proxyProtocol = options as typeof TRUST;
    assertThrows(
      () => new TCPServer(ADDRESS, () => {}, { proxyProtocol }),
      Error,
      message,
    );
  }
});

Deno.test("new UnixStreamServer() refuses a proxyProtocol that trusts no Unix client", () => {
  assertThrows(
    () =>
      new UnixStreamServer({ path: "/nowhere" }, () => {}, {
        proxyProtocol: { trust: ["127.0.0.1"] },
      }),
    TypeError,
    'proxyProtocol.trust must have "unix": current value is [ "127.0.0.1" ]',
  );
});
