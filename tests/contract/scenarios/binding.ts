import type { AnyServer } from "@socketserver/socketserver";
import { assertEquals, assertThrows } from "@std/assert";
import type { Fixture } from "../fixture.ts";
import type { Scenario } from "../scenario.ts";

/** A server that has a socket, of whatever kind. */
type Bound = AnyServer & {
  socket: Deno.Listener & Deno.DatagramConn;
  readonly socketType: string;
  readonly addressFamily: string;
  readonly requestQueueSize?: number;
  readonly maxPacketSize?: number;
};

/** Binding a server, and what it tells of its socket. */
export const bindingScenarios: Scenario[] = [
  {
    name: "constructor sets socketType, addressFamily and serverAddress",
    async run(f) {
      const { socketType, addressFamily } = f.serverClass;
      await using server = new f.Server(
        f.address(),
        f.handlers.LineEcho,
      ) as Bound;
      assertEquals(server.socketType, socketType);
      assertEquals(server.addressFamily, addressFamily);
      assertEquals(server.serverAddress, server.socket.addr);
      assertEquals(server.serverAddress.port === 0, false);
      assertEquals(server.RequestHandlerClass, f.handlers.LineEcho);
    },
  },
  {
    name: "constructor sets Python's defaults, or better ones",
    async run(f) {
      await using server = new f.Server(
        f.address(),
        f.handlers.LineEcho,
      ) as Bound;
      const { timeout, blockOnClose, drainTimeout, data } = server;
      assertEquals(
        { timeout, blockOnClose, drainTimeout, data },
        {
          timeout: null,
          blockOnClose: true,
          drainTimeout: null,
          data: undefined,
        },
      );
      const queue = f.serverClass.addressFamily === "AF_UNIX" ? 1024 : 4096;
      if (f.isStream) assertEquals(server.requestQueueSize, queue);
      else assertEquals(server.maxPacketSize, 65_535);
    },
  },
  {
    name: "bindAndActivate: false leaves binding to the caller",
    async run(f) {
      const options = { bindAndActivate: false };
      await using server = new f.Server(
        f.address(),
        f.handlers.LineEcho,
        options,
      ) as Bound;
      assertThrows(() => server.socket, Deno.errors.NotConnected);
      server.serverBind();
      server.serverActivate();
      assertEquals(server.serverAddress, server.socket.addr);
      await assertServes(server, f);
    },
  },
  {
    name: "bindAndActivate: false lets a server be closed without a socket",
    async run(f) {
      const options = { bindAndActivate: false };
      const server = new f.Server(f.address(), f.handlers.LineEcho, options);
      await server.serverClose();
    },
  },
  {
    name: "socket option makes the server adopt an open socket",
    async run(f) {
      const socket = f.listen();
      await using server = new f.Server(f.address(), f.handlers.LineEcho, {
        socket,
      });
      assertEquals(server.serverAddress, socket.addr);
      await assertServes(server, f);
    },
  },
  {
    name: "serverBind() may set a socket of its own",
    async run(f) {
      class Server extends f.Server {
        override serverBind(): void {
          (this as unknown as { socket: unknown }).socket = f.listen();
        }
      }
      await using server = new Server(
        f.address(),
        f.handlers.LineEcho,
      ) as Bound;
      assertEquals(server.serverAddress, server.socket.addr);
      await assertServes(server, f);
    },
  },
];

async function assertServes(server: AnyServer, f: Fixture): Promise<void> {
  const serving = server.serveForever();
  for (const line of ["one", "two"]) {
    assertEquals(await f.ask(server, line), line);
  }
  await server.shutdown();
  await serving;
}
