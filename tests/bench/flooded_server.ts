import { TextLineStream } from "@std/streams/text-line-stream";

const PROGRAM =
  new URL("../fixtures/programs/fuzzed_server.ts", import.meta.url).pathname;
const encoder = new TextEncoder();

/** Somebody who asks, and waits for the answer. */
export interface HonestClient extends Disposable {
  /** Resolves when the answer has come. */
  ask(): Promise<void>;
}

/** A server in a process of its own, whose handlers attack it when told to. */
export class FloodedServer implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #address: Deno.NetAddr;
  readonly #clients = new Set<Deno.Conn>();

  private constructor(
    process: Deno.ChildProcess,
    lines: ReadableStreamDefaultReader<string>,
    address: Deno.NetAddr,
  ) {
    this.#process = process;
    this.#lines = lines;
    this.#address = address;
  }

  /** Starts a server of the class with that name. */
  static async start(name: string): Promise<FloodedServer> {
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--v8-flags=--expose-gc", PROGRAM, name],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const lines = process.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream())
      .getReader();
    const { value } = await lines.read();
    return new FloodedServer(process, lines, JSON.parse(value!));
  }

  /** How much memory the server has, in bytes. */
  async memory(): Promise<number> {
    this.#process.kill("SIGUSR1");
    return JSON.parse((await this.#lines.read()).value!).rss;
  }

  /** Sends a line from a client of its own, and waits for nothing. */
  async order(line: string): Promise<void> {
    if (this.#address.transport === "udp") {
      const socket = this.#socket();
      await socket.send(encoder.encode(line), this.#address);
      return socket.close();
    }
    const client = await Deno.connect(this.#connectOptions);
    this.#clients.add(client);
    await client.write(encoder.encode(`${line}\n`));
    this.#waitForEnd(client);
  }

  /** A client that keeps its connection, if there is such a thing. */
  async client(): Promise<HonestClient> {
    const buffer = new Uint8Array(100);
    if (this.#address.transport === "udp") {
      const socket = this.#socket();
      return {
        ask: async () => {
          await socket.send(encoder.encode("hello"), this.#address);
          await socket.receive(buffer);
        },
        [Symbol.dispose]: () => socket.close(),
      };
    }
    const client = await Deno.connect(this.#connectOptions);
    return {
      async ask() {
        await client.write(encoder.encode("hello\n"));
        if (await client.read(buffer) === null) {
          throw new Error("An honest client was cut off");
        }
      },
      [Symbol.dispose]: () => client.close(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    this.#process.kill("SIGKILL");
    await this.#process.status;
    await this.#lines.cancel();
  }

  get #connectOptions(): Deno.ConnectOptions {
    return { hostname: this.#address.hostname, port: this.#address.port };
  }

  #socket(): Deno.DatagramConn {
    const { hostname } = this.#address;
    return Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
  }

  async #waitForEnd(client: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(1000);
    try {
      while (await client.read(buffer) !== null);
      this.#clients.delete(client);
      client.close();
    } catch {
      // It was closed, by the server or at the end.
    }
  }
}
