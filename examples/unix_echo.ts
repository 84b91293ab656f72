// Sends everything back, over a Unix socket.
//
//   deno run --allow-net=unix:/tmp/echo.sock --allow-read=/tmp/echo.sock --allow-write=/tmp/echo.sock examples/unix_echo.ts
//
// In a second terminal:
//
//   printf 'hello\n' | socat - UNIX-CONNECT:/tmp/echo.sock
//
// Another path can be given as the first argument; the flags must name it too.

// deno-lint-ignore-file no-console -- it tells where it listens

import {
  AsyncUnixStreamServer,
  StreamRequestHandler,
  terminationSignal,
} from "@socketserver/socketserver";

export class EchoHandler extends StreamRequestHandler {
  override async handle() {
    await this.rfile.pipeTo(this.wfile, { signal: this.signal });
  }
}

if (import.meta.main) {
  try {
    const signal = terminationSignal();
    await using server = new AsyncUnixStreamServer(
      { path: Deno.args[0] ?? "/tmp/echo.sock" },
      EchoHandler,
    );
    console.log(`Listening on ${server.serverAddress.path}`);
    await server.serveForever({ signal });
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    console.error(error.message); // which names the path
    Deno.exitCode = 1;
  }
}
