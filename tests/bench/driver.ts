// deno-lint-ignore-file no-console -- standard output is how it reports
/**
 * Loads an echo server: `driver.ts PORT PID LOAD ARGUMENTS...`. Prints a
 * {@linkcode Sample} as JSON.
 *
 * @module
 */
import { Socket } from "./libc.ts";

/** What one run of a load showed. */
export interface Sample {
  /** How much was done in a second, or how much memory was needed. */
  value: number;
  /** The processor time that the server spent on each, in microseconds. */
  cpu?: number;
}

const WARM_UP_SECONDS = 1.5;
const SECONDS = 1;
/** How often what is rare is measured. */
const SAMPLES = 21;
/** Long enough for a server to be ready for the next client, if it wants to. */
const PAUSE_MS = 150;
/** For what a server needs once, and not for each connection. */
const WARM_UP_CONNECTIONS = 500;
/** Of /proc's clock; the same on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

const [port, pid, load, ...args] = Deno.args as [string, string, string];

const loads: Record<string, (...args: string[]) => Sample | Promise<Sample>> = {
  /** Messages a second, one under way on each connection. */
  async messages(transport, connections, bytes) {
    const message = line(bytes);
    const answer = new Uint8Array(message.length);
    const sockets = open(transport, connections);
    for (const socket of sockets) socket.send(message);
    const sample = await rate(() => {
      for (const socket of sockets) {
        socket.receive(answer);
        socket.send(message);
      }
      checkEcho(answer, message);
      return sockets.length;
    });
    // Without answers that nobody reads, which would reset the connection.
    for (const socket of sockets) socket.receive(answer);
    return sample;
  },

  /** Connections a second, each for one line, a number of them at a time. */
  connections(number) {
    const message = line("16");
    const answer = new Uint8Array(message.length);
    return rate(() => {
      const sockets = open("tcp", number);
      for (const socket of sockets) socket.send(message);
      for (const socket of sockets) socket.receive(answer);
      for (const socket of sockets) socket.close();
      checkEcho(answer, message);
      return sockets.length;
    });
  },

  /** Megabytes a second, in connections of so many megabytes each. */
  bulk(megabytes) {
    const chunk = new Uint8Array(1 << 20);
    const answer = new Uint8Array(1 << 20);
    return rate(async () => {
      using connection = await Deno.connect({
        hostname: "127.0.0.1",
        port: Number(port),
      });
      const wanted = Number(megabytes) * 1e6;
      const send = async () => {
        for (let sent = 0; sent < wanted;) {
          const rest = chunk.subarray(0, wanted - sent);
          sent += await connection.write(rest);
        }
        await connection.closeWrite();
      };
      const sending = send();
      let received = 0;
      for (let n; (n = await connection.read(answer)) !== null;) received += n;
      await sending;
      if (received === wanted) return Number(megabytes);
      throw new Error(`Of ${wanted} bytes ${received} came back`);
    });
  },

  /** Milliseconds from connecting to the answer, for a lone client. */
  async firstByte() {
    const message = line("16");
    const answer = new Uint8Array(message.length);
    const times: number[] = [];
    while (times.length < SAMPLES) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const start = performance.now();
      const socket = new Socket("tcp", Number(port));
      socket.send(message);
      socket.receive(answer);
      times.push(performance.now() - start);
      socket.close();
      checkEcho(answer, message);
    }
    return { value: percentile(times, 0.5) };
  },

  /**
   * Milliseconds that of 100 answers only one takes longer than, for a client
   * beside another one that has sent so many long lines before.
   */
  async beside(lines) {
    const neighbour = new Socket("tcp", Number(port));
    const message = line("16");
    const answer = new Uint8Array(message.length);
    const socket = new Socket("tcp", Number(port));
    await repeat(() => ask(socket, message, answer), WARM_UP_SECONDS);
    for (let i = 0; i < Number(lines); i++) neighbour.send(line("64"));
    const times: number[] = [];
    await repeat(() => {
      const start = performance.now();
      ask(socket, message, answer);
      return times.push(performance.now() - start);
    }, SECONDS);
    return { value: percentile(times, 0.99) };
  },

  /** Kilobytes that each connection takes while it waits for its next line. */
  async idle(connections) {
    const message = line("16");
    const answer = new Uint8Array(message.length);
    const connect = (count: number) => {
      for (let i = 0; i < count; i++) {
        const socket = new Socket("tcp", Number(port));
        socket.send(message);
        socket.receive(answer);
        checkEcho(answer, message);
      }
    };
    connect(WARM_UP_CONNECTIONS);
    const before = await kilobytes();
    connect(Number(connections));
    return { value: (await kilobytes() - before) / Number(connections) };
  },
};

function open(transport: string | undefined, count: string | undefined) {
  return Array.from(
    { length: Number(count) },
    () => new Socket(transport as "tcp" | "udp", Number(port)),
  );
}

function ask(
  socket: Socket,
  message: Uint8Array<ArrayBuffer>,
  answer: Uint8Array<ArrayBuffer>,
): number {
  socket.send(message);
  socket.receive(answer);
  return 1;
}

function percentile(values: number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)]!;
}

function line(bytes: string | undefined): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode("a".repeat(Number(bytes) - 1) + "\n");
}

function checkEcho(answer: Uint8Array, message: Uint8Array): void {
  for (let i = 0; i < message.length; i++) {
    if (answer[i] !== message[i]) throw new Error("The answer is not an echo");
  }
}

/** Takes steps for a while; each says how much it has done. */
async function rate(step: () => number | Promise<number>): Promise<Sample> {
  await repeat(step, WARM_UP_SECONDS);
  const before = await processorSeconds();
  const [count, seconds] = await repeat(step, SECONDS);
  const spent = await processorSeconds() - before;
  return { value: count / seconds, cpu: spent / count * 1e6 };
}

async function repeat(
  step: () => number | Promise<number>,
  seconds: number,
): Promise<[count: number, seconds: number]> {
  const start = performance.now();
  for (let count = 0;;) {
    count += await step();
    const passed = (performance.now() - start) / 1000;
    if (passed >= seconds) return [count, passed];
  }
}

async function processorSeconds(): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function kilobytes(): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]);
}

console.log(JSON.stringify(await loads[load]!(...args)));
