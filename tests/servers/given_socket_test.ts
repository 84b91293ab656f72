import { assertEquals, assertThrows } from "@std/assert";
import {
  type ServerConstructor,
  TCPServer,
  UDPServer,
  UnixDatagramServer,
  UnixStreamServer,
} from "@socketserver/socketserver";

// A server may be given a socket, of its own kind only. One that is refused
// stays the caller's, and open.

/** A socket of each kind, for a name that belongs to no file. */
const SOCKETS = {
  tcp: () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  udp: () =>
    Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 }),
  unix: (path: string) => Deno.listen({ transport: "unix", path }),
  unixpacket: (path: string) =>
    Deno.listenDatagram({ transport: "unixpacket", path }),
};
const SERVERS: Record<keyof typeof SOCKETS, ServerConstructor> = {
  tcp: TCPServer,
  udp: UDPServer,
  unix: UnixStreamServer,
  unixpacket: UnixDatagramServer,
};

for (const [transport, Server] of Object.entries(SERVERS)) {
  for (const [kind, listen] of Object.entries(SOCKETS)) {
    const verb = kind === transport ? "takes" : "refuses";
    Deno.test({
      name: `new ${Server.name}() ${verb} a socket of ${kind}`,
      ignore: Deno.build.os !== "linux",
      async fn() {
        const path = `\0${crypto.randomUUID()}`;
        const socket = listen(path);
        const address = { hostname: "127.0.0.1", port: 0, path };
        if (kind === transport) {
          await using server = new Server(address, () => {}, { socket });
          assertEquals(server.serverAddress, socket.addr);
          return;
        }
        assertThrows(
          () => new Server(address, () => {}, { socket }),
          TypeError,
          `Cannot use the socket as it must be a ${transport} socket`,
        );
        socket.close(); // which throws if it is closed
      },
    });
  }
}
