// Finishes with its current clients before it ends.
//
//   deno run --allow-net=127.0.0.1 examples/graceful_shutdown.ts
//
// In a second terminal:
//
//   nc 127.0.0.1 8000
//
// Press Ctrl-C in the first terminal before you type your name in the second.
// A port other than 8000 can be given as the first argument; 0 takes a free one.

// deno-lint-ignore-file no-console -- it tells what it is doing

import {
  AsyncTCPServer,
  StreamRequestHandler,
} from "@socketserver/socketserver";

export class GreetHandler extends StreamRequestHandler {
  override async handle() {
    await this.wfile.write("What is your name?\n");
    const name = await this.rfile.readLine();
    await this.wfile.write(`Hello, ${name}!\n`);
  }
}

if (import.meta.main) {
  await using server = new AsyncTCPServer(
    { hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 8000) },
    GreetHandler,
    { drainTimeout: 30 }, // seconds; whoever is not done by then is cut off
  );
  const windows = Deno.build.os === "windows"; // which has no SIGTERM
  Deno.addSignalListener("SIGINT", () => server.shutdown());
  if (!windows) Deno.addSignalListener("SIGTERM", () => server.shutdown());
  console.log(`Listening on 127.0.0.1:${server.serverAddress.port}`);
  await server.serveForever();
  console.log(`Waiting for clients: ${server.activeRequests.length}`);
  // Here `await using` closes the socket, and waits.
}
