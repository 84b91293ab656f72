import type { Server } from "../server.ts";
import { cert } from "../servers/certificate.mjs";
import type { Load, Sample } from "../trial.ts";
import { checkEcho, line } from "./echo.ts";
import { percentile, type Waits } from "./rate.ts";

// TLS needs clients that speak it: these are Deno's own. The other loads use the C
// library's sockets, so that the driver is faster than any server; here the rate
// may be the driver's, and the processor time decides.

const SETTLE_SECONDS = 0.2;

/** Lines of 64 bytes over TLS, one at a time on each connection. */
export function tlsMessages(connections: number): Load {
  return async (server, seconds) => {
    const clients: Client[] = [];
    for (let i = 0; i < connections; i++) {
      clients.push(await Client.connect(server.port));
    }
    const steps = clients.map((client) => () => client.ask());
    const sample = await rate(server, seconds, steps);
    for (const client of clients) client.close();
    return sample;
  };
}

/** New connections over TLS, each for one line, so many at a time. */
export function tlsConnections(number: number): Load {
  const step = (server: Server) => async () => {
    const client = await Client.connect(server.port);
    await client.ask();
    await client.end();
  };
  return (server, seconds) =>
    rate(server, seconds, Array(number).fill(step(server)));
}

/** A client that checks what comes back. */
class Client {
  readonly #connection: Deno.TlsConn;
  readonly #line = line(64);
  readonly #answer = new Uint8Array(64);

  constructor(connection: Deno.TlsConn) {
    this.#connection = connection;
  }

  static async connect(port: number): Promise<Client> {
    // Its first line may wait for 40 ms, by Nagle's algorithm; connections of
    // Deno.startTls(), which need not, would keep some of their descriptors.
    const address = { hostname: "127.0.0.1", port, caCerts: [cert] };
    return new Client(await Deno.connectTls(address));
  }

  async ask(): Promise<void> {
    await this.#connection.write(this.#line);
    for (let received = 0; received < this.#answer.length;) {
      const rest = this.#answer.subarray(received);
      received += await this.#connection.read(rest) ?? NaN;
    }
    checkEcho(this.#answer, this.#line);
  }

  close(): void {
    this.#connection.close();
  }

  /** Closes when the server has. */
  async end(): Promise<void> {
    await this.#connection.closeWrite();
    while (await this.#connection.read(this.#answer).catch(() => null));
    this.close();
  }
}

/** Takes several steps at a time, again and again. */
async function rate(
  server: Server,
  seconds: number,
  steps: readonly (() => Promise<void>)[],
): Promise<Sample> {
  await repeat(steps, SETTLE_SECONDS);
  const before = server.processorTime();
  const start = performance.now();
  const waits = await repeat(steps, seconds);
  const passed = (performance.now() - start) / 1000;
  const spent = server.processorTime() - before;
  return {
    rate: waits.length / passed,
    cpu: spent / waits.length,
    p99: percentile(waits, 0.99),
  };
}

async function repeat(
  steps: readonly (() => Promise<void>)[],
  seconds: number,
): Promise<Waits> {
  const waits: Waits = [];
  const end = performance.now() + seconds * 1000;
  await Promise.all(steps.map(async (step) => {
    for (let now; (now = performance.now()) < end;) {
      await step();
      waits.push(performance.now() - now);
    }
  }));
  return waits;
}
