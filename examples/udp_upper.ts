// Answers every datagram with the same text in capitals.
//
//   deno run --unstable-net --allow-net=127.0.0.1 examples/udp_upper.ts
//
// In a second terminal:
//
//   printf 'hello\n' | nc -u -W 1 127.0.0.1 8000
//
// A port other than 8000 can be given as the first argument; 0 takes a free one.

// deno-lint-ignore-file no-console -- it tells where it listens

import {
  DatagramRequestHandler,
  terminationSignal,
  UDPServer,
} from "@socketserver/socketserver";
import { toText } from "@std/streams/to-text";

export class UpperHandler extends DatagramRequestHandler {
  override async handle() {
    const text = await toText(this.rfile);
    await this.wfile.write(text.toUpperCase());
  }
}

if (import.meta.main) {
  try {
    const signal = terminationSignal();
    await using server = new UDPServer(
      { hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 8000) },
      UpperHandler,
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
