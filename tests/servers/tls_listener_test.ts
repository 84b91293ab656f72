import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { TCPServer } from "@socketserver/socketserver";
import { needing } from "../fixtures/installed_program.ts";
import { listenTls } from "../fixtures/listen_tls.ts";

const LIMIT_MS = 30_000;

Deno.test(needing(["openssl"], {
  name:
    "TCPServer.handleRequest() returns though a TLS client never shakes hands",
  fn: async () => {
    const socket = await listenTls();
    const server = new TCPServer(socket.addr, () => {}, { socket });
    const { port } = server.serverAddress;
    const silent = await Deno.connect({ hostname: "127.0.0.1", port });
    try {
      await deadline(server.handleRequest(), LIMIT_MS);
      assertEquals(server.activeRequests, []);
    } finally {
      silent.close();
      await server.serverClose();
    }
  },
}));
