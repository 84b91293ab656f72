import {
  AsyncTCPServer,
  ForkingTCPServer,
  TCPServer,
  ThreadingTCPServer,
} from "@socketserver/socketserver";
import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { PipeEchoHandler } from "../fixtures/handlers/pipe_echo_handler.ts";
import { TolerantHandler } from "../fixtures/handlers/tolerant_handler.ts";
import { needing } from "../fixtures/installed_program.ts";
import { listenTls } from "../fixtures/listen_tls.ts";

const LIMIT_MS = 30_000;
const CLIENT = new URL("../fixtures/clients/tls_client.py", import.meta.url);

const expected = [
  [TolerantHandler, "one\ntwo\nthe end\n"],
  [PipeEchoHandler, "one\ntwo"],
] as const;

for (
  const Server of [
    TCPServer,
    AsyncTCPServer,
    ThreadingTCPServer,
    ForkingTCPServer,
  ]
) {
  for (const [Handler, answer] of expected) {
    Deno.test(needing(["openssl", "python3"], {
      name:
        `${Server.name} with ${Handler.name} sees the end of a TLS client that closes without saying so`,
      async fn() {
        const socket = await listenTls();
        await using server = new Server(socket.addr, Handler, { socket });
        const record = new ErrorRecord(server);
        const handled = server.handleRequest();
        const { stdout } = await deadline(
          new Deno.Command("python3", {
            args: [CLIENT.pathname, `${socket.addr.port}`],
            stderr: "inherit",
          }).output(),
          LIMIT_MS,
        );
        assertEquals(new TextDecoder().decode(stdout), answer);
        await deadline(handled, LIMIT_MS);
        assertEquals(record.errors, []);
      },
    }));
  }
}
