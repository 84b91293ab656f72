// Sends files of one folder to its clients. It has a bug: it trusts the names
// that they send. A name such as ../README.md leads out of the folder, but gets
// nothing: each request is handled in a child process, which may read that
// folder and do nothing else.
//
//   deno run --allow-net=127.0.0.1 --allow-run examples/forking_sandbox.ts
//
// In a second terminal:
//
//   echo tcp_echo.ts | nc -N 127.0.0.1 8000
//   echo ../README.md | nc -N 127.0.0.1 8000
//
// A port other than 8000 can be given as the first argument; 0 takes a free one.

// deno-lint-ignore-file no-console -- it tells where it listens

import {
  ForkingTCPServer,
  StreamRequestHandler,
  terminationSignal,
} from "@socketserver/socketserver";

const folder = new URL("./", import.meta.url);

export class FileHandler extends StreamRequestHandler {
  override async handle() {
    const name = await this.rfile.readLine({ signal: this.signal }) ?? "";
    const file = await Deno.open(new URL(name, folder));
    await file.readable.pipeTo(this.wfile);
  }
}

if (import.meta.main) {
  try {
    const signal = terminationSignal();
    await using server = new ForkingTCPServer(
      { hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 8000) },
      FileHandler,
      { permissions: { read: [folder] } },
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
