import {
  type AnyServer,
  AsyncTCPServer,
  ForkingTCPServer,
  type ServerConstructor,
  TCPServer,
  ThreadingTCPServer,
} from "@socketserver/socketserver";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ConsoleErrors } from "../fixtures/console_errors.ts";
import { StreamLineEchoHandler } from "../fixtures/handlers/line_echo_handlers.ts";
import { AnsweringHandler } from "../fixtures/handlers/parting_handlers.ts";
import { needing } from "../fixtures/installed_program.ts";
import { listenTls } from "../fixtures/listen_tls.ts";

const LIMIT_MS = 30_000;

/** What a client may do that does not talk TLS as the server does. */
const CLIENTS: Record<string, (address: Deno.NetAddr) => Promise<void>> = {
  async "speaks HTTP"({ hostname, port }) {
    using client = await Deno.connect({ hostname, port });
    await client.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
    await client.read(new Uint8Array(99)).catch(() => {});
  },
  async "refuses the certificate"({ hostname, port }) {
    using client = await Deno.connectTls({ hostname, port });
    await assertRejects(() => client.handshake(), Deno.errors.InvalidData);
  },
};
const SERVERS: ServerConstructor[] = [
  TCPServer,
  AsyncTCPServer,
  ThreadingTCPServer,
  ForkingTCPServer,
];
/** One by rfile and wfile, and one without them. */
const HANDLERS = [StreamLineEchoHandler, AnsweringHandler];

for (const Server of SERVERS) {
  for (const [deed, client] of Object.entries(CLIENTS)) {
    for (const handler of HANDLERS) {
      Deno.test(needing(["openssl"], {
        name:
          `${Server.name}.handleError() prints one line for a client that ${deed}, to ${handler.name}`,
        fn: async () => {
          using stderr = new ConsoleErrors();
          const { promise: reported, resolve } = Promise.withResolvers<void>();
          const socket = await listenTls();
          await using server = new class extends Server {
            override async handleError(
              ...report: Parameters<AnyServer["handleError"]>
            ): Promise<void> {
              await super.handleError(...report);
              resolve();
            }
          }(socket.addr, handler, { socket });
          const serving = server.serveForever();
          await deadline(client(socket.addr), LIMIT_MS);
          await deadline(reported, LIMIT_MS);
          await server.serverClose();
          await serving;
          assertEquals(stderr.texts.length, 1, stderr.texts.join("\n"));
          assertMatch(
            stderr.texts[0]!,
            /^Request from 127\.0\.0\.1:\d+ ended early: InvalidData: .*$/,
          );
        },
      }));
    }
  }
}
