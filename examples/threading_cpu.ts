// Counts primes on all cores, and says which thread has counted.
//
//   deno run --allow-net=127.0.0.1 --allow-read=mod.ts,src,examples/threading_cpu.ts examples/threading_cpu.ts
//
// In a second terminal:
//
//   for i in 1 2 3 4; do echo 20000000 | nc -N 127.0.0.1 8000 & done; wait
//
// A thread must be allowed to read the files that it runs. Here the library is
// among them; from jsr.io it needs no permission.
//
// A port other than 8000 can be given as the first argument; 0 takes a free one.

// deno-lint-ignore-file no-console -- it tells where it listens

import {
  StreamRequestHandler,
  terminationSignal,
  ThreadingTCPServer,
} from "@socketserver/socketserver";

// Each thread loads the module, and so has its own name.
const thread = crypto.randomUUID().slice(0, 4);

export class PrimeCountHandler extends StreamRequestHandler {
  override async handle() {
    for await (const line of this.rfile.lines({ signal: this.signal })) {
      if (!/^\d{1,8}$/.test(line)) { // more would take gigabytes, and a while
        await this.wfile.write("Send a number of 1 to 8 digits\n");
        continue;
      }
      const started = performance.now();
      const count = countPrimes(Number(line));
      const took = Math.round(performance.now() - started);
      await this.wfile.write(
        `${count} primes, counted by thread ${thread} in ${took} ms\n`,
      );
    }
  }
}

function countPrimes(below: number): number {
  const composite = new Uint8Array(below);
  let count = 0;
  for (let n = 2; n < below; n++) {
    if (composite[n] === 1) continue;
    count++;
    for (let multiple = n * n; multiple < below; multiple += n) {
      composite[multiple] = 1;
    }
  }
  return count;
}

if (import.meta.main) {
  try {
    const signal = terminationSignal();
    await using server = new ThreadingTCPServer(
      { hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 8000) },
      PrimeCountHandler,
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
