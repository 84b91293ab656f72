// Goes on serving for a while when it is told to end, so that a load balancer
// can find out first: nobody is sent to a server that does not listen any more.
//
//   deno run --allow-net=127.0.0.1 examples/lame_duck.ts
//
// The balancer asks port 8001 whether the server is ready. HAProxy is told by
// `server a 127.0.0.1:8000 check port 8001`, Kubernetes by a `readinessProbe` with
// `tcpSocket: { port: 8001 }`. In a second terminal:
//
//   kill <the number that it prints>    # or Ctrl-C; a second one does not wait
//   nc -z 127.0.0.1 8001; printf 'hello\n' | nc -N 127.0.0.1 8000
//
// Other ports than 8000 and 8001, and other seconds than 15, can be given as
// arguments; 0 takes a free port.

// deno-lint-ignore-file no-console -- it tells what it is doing

import {
  AsyncTCPServer,
  StreamRequestHandler,
  terminationSignal,
} from "@socketserver/socketserver";
import { delay } from "@std/async/delay";

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
    const [port = 8000, readyPort = 8001, seconds = 15] = Deno.args.map(Number);
    const hostname = "127.0.0.1";
    await using server = new AsyncTCPServer({ hostname, port }, EchoHandler);
    await using ready = new AsyncTCPServer(
      { hostname, port: readyPort },
      () => {}, // who can connect has been told: ready
    );
    signal.addEventListener("abort", async () => {
      await ready.serverClose(); // not ready
      console.log("Not ready");
      await delay(seconds * 1000); // clients still come, until all balancers know
      await server.serverClose();
    });
    console.log(`Listening on ${hostname}:${server.serverAddress.port}`);
    console.log(`Process ${Deno.pid}, ready on ${ready.serverAddress.port}`);
    await Promise.all([server.serveForever(), ready.serveForever()]);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    console.error(error.message); // which names the port
    Deno.exitCode = 1;
  }
}
