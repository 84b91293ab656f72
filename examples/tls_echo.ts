// Sends every line back over TLS.
//
//   openssl req -x509 -newkey rsa:2048 -nodes -days 7 -subj /CN=localhost -keyout key.pem -out cert.pem
//   deno run --allow-net=127.0.0.1 --allow-read=cert.pem,key.pem examples/tls_echo.ts
//
// In a second terminal:
//
//   openssl s_client -quiet -connect 127.0.0.1:8000
//
// A port other than 8000 can be given as the first argument; 0 takes a free one.

// deno-lint-ignore-file no-console -- it tells where it listens

import { AsyncTCPServer, terminationSignal } from "@socketserver/socketserver";
import { EchoHandler } from "./tcp_echo.ts";

if (import.meta.main) {
  try {
    const signal = terminationSignal();
    await using server = new AsyncTCPServer(
      { hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 8000) },
      EchoHandler,
      {
        tls: {
          cert: await Deno.readTextFile("cert.pem"),
          key: await Deno.readTextFile("key.pem"),
        },
      },
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
