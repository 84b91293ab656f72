// Sends every line back, to many clients at once.
//
//   deno run --allow-net=127.0.0.1 examples/tcp_echo.ts
//
// In a second terminal:
//
//   printf 'hello\n' | nc -N 127.0.0.1 8000
//
// A port other than 8000 can be given as the first argument; 0 takes a free one.

// deno-lint-ignore-file no-console -- it tells where it listens

import {
  AsyncTCPServer,
  StreamRequestHandler,
  terminationSignal,
} from "@socketserver/socketserver";

export class EchoHandler extends StreamRequestHandler {
  override async handle() {
    for await (const line of this.rfile.lines({ signal: this.signal })) {
      await this.wfile.write(line + "\n");
    }
  }
}

if (import.meta.main) {
  try {
    const signal = terminationSignal();
    await using server = new AsyncTCPServer(
      { hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 8000) },
      EchoHandler,
    );
    const { hostname, port } = server.serverAddress;
    console.log(`Listening on ${hostname}:${port}`);
    await server.serveForever({ signal });
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    console.error(error.message); // which names the port
    Deno.exitCode = 1;
  }
}
