import { toMilliseconds, withinTimeLimit } from "../streams/time_limit.ts";
import type { FarSettings } from "../remote/far_side.ts";
import { WINDOW } from "../remote/frames.ts";
import { createMark } from "./marked_batches.ts";
import { encodeData, settingsArgument } from "./process_settings.ts";
import { type FarSideEvents, NearSide } from "../remote/near_side.ts";
import { ChildProcessError, RemoteProtocolError } from "../errors.ts";
import { grantsNet } from "./child_flags.ts";
import { ChildOutput } from "./child_output.ts";

/** Never called: it tells `deno cache` of a child's own modules. */
const _entries = () => [
  import("./process_prelude.ts"),
  import("./process_entry.ts"),
];

const PRELUDE = import.meta.resolve("./process_prelude.ts");
const ENTRY = import.meta.resolve("./process_entry.ts");

/**
 * How much may wait for a child to read it, for each of its requests, in bytes:
 * many times what the protocol's window makes of a request.
 */
const MAX_UNREAD = 16 * WINDOW;
/** How long a child may take to end when it is told to, in seconds. */
const RETIREMENT = 1;
/** The same for one whose request has been given up. */
const LAST_GRACE = 0.25;

/** How a child process is started. */
export interface ChildCommand {
  /** The path of Deno. */
  readonly denoPath: string;
  /** Deno's own flags. */
  readonly flags: readonly string[];
  /** After how many requests the process ends. */
  readonly maxRequests: number;
  /** The most requests that the process may have at once. */
  readonly maxAtOnce: number;
  /** The longest that a request may take, in seconds; `null` for ever. */
  readonly requestTimeout: number | null;
}

/** What a child does for its pool, and tells it. */
export interface ChildEvents extends FarSideEvents {
  /** The process has ended, for whatever reason. */
  onEnd(): void;
}

/** A child process that runs handlers. */
export class HandlerChild {
  readonly #process: Deno.ChildProcess;
  readonly #channel: NearSide;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #ended: Promise<void>;
  readonly #maxRequests: number;
  readonly #maxAtOnce: number;
  readonly #requestTimeout: number | null;
  #retiring = false;
  #running = new Set<Promise<void>>();
  /** How many are waiting for the process: it keeps the program alive then. */
  #holds = 0;
  #given = 0;
  /** How many bytes the process has been sent and has not read. */
  #unread = 0;

  /**
   * Starts a child process.
   *
   * @throws {Deno.errors.NotCapable} If the permission to run is missing.
   * @throws {Deno.errors.NotFound} If Deno is not there.
   * @throws {Error} If the system has no room for another process.
   */
  constructor(
    command: ChildCommand,
    settings: FarSettings,
    events: ChildEvents,
  ) {
    const { denoPath, flags } = command;
    const { moduleUrl } = settings.handler;
    const mark = createMark();
    this.#process = new Deno.Command(denoPath, {
      args: [
        "run",
        "--no-prompt",
        "--quiet",
        ...flags,
        `--preload=${PRELUDE}`,
        `--preload=${moduleUrl}`,
        `--preload=${ENTRY}`,
        moduleUrl,
        settingsArgument(settings, mark),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#maxRequests = command.maxRequests;
    this.#maxAtOnce = command.maxAtOnce;
    this.#requestTimeout = command.requestTimeout;
    this.#input = this.#process.stdin.getWriter();
    this.#channel = new NearSide(
      (batch) => this.#send(batch),
      events,
      // The server's socket is not to do what the child itself may not.
      grantsNet(flags) ? "anyone" : "client",
    );
    this.#process.unref();
    this.#holding(this.#start(settings.data));
    this.#ended = this.#attend(mark).then(() => events.onEnd());
  }

  /** The process's number. */
  get pid(): number {
    return this.#process.pid;
  }

  /** How many requests are being handled. */
  get size(): number {
    return this.#running.size;
  }

  /** Whether a request can be handed over. */
  get free(): boolean {
    return !this.#retiring && this.size < this.#maxAtOnce &&
      this.#given < this.#maxRequests;
  }

  /** Whether there has been a request. */
  get used(): boolean {
    return this.#given > 0;
  }

  /** Resolves when the handler has been imported; rejects if it cannot be. */
  get ready(): Promise<void> {
    return this.#channel.ready;
  }

  /** Resolves when the process has ended and nothing is left of it. */
  get ended(): Promise<void> {
    return this.#holding(this.#ended);
  }

  /** Has a request handled; throws what its handler throws. */
  async handle(request: unknown, clientAddress: Deno.Addr): Promise<void> {
    this.#given++;
    const running = this.#handle(request, clientAddress);
    this.#running.add(running);
    try {
      await running;
    } finally {
      this.#running.delete(running);
      if (this.#given >= this.#maxRequests && this.size === 0) this.retire();
    }
  }

  /** Resolves when the requests of now have been handled. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
    if (this.#retiring) await this.ended;
  }

  /** Lets the process end by itself: it gets no further request. */
  async retire(limit = RETIREMENT): Promise<void> {
    if (this.#retiring) return;
    this.#retiring = true;
    this.#input.close().catch(() => {}); // it may have ended already
    await withinTimeLimit(this.#ended, limit, "end the process")
      .catch(() => this.#kill());
  }

  /**
   * Ends its requests with an error at once, and the process soon: it may still
   * end what it has started itself.
   */
  async giveUp(error: unknown): Promise<void> {
    this.#channel.fail(error);
    await this.retire(LAST_GRACE);
  }

  async #handle(request: unknown, clientAddress: Deno.Addr): Promise<void> {
    const limit = this.#requestTimeout;
    const timer = limit === null
      ? undefined
      : setTimeout(() => this.giveUp(tooLong(limit)), toMilliseconds(limit));
    try {
      await this.#channel.ready;
      await this.#holding(this.#channel.open(request, clientAddress));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process at once, and its requests with an error. */
  #kill(error?: unknown): void {
    this.#retiring = true;
    if (error !== undefined) this.#channel.fail(error);
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  }

  /** Lets the process keep the program alive until `work` has ended. */
  async #holding(work: Promise<void>): Promise<void> {
    if (this.#holds++ === 0) this.#keepAlive(true);
    try {
      await work;
    } finally {
      if (--this.#holds === 0) this.#keepAlive(false);
    }
  }

  #keepAlive(program: boolean): void {
    try {
      if (program) this.#process.ref();
      else this.#process.unref();
    } catch {
      // The process has ended: it keeps nothing alive.
    }
  }

  async #start(data: unknown): Promise<void> {
    try {
      if (data !== undefined) this.#write(await encodeData(data));
      await this.#channel.ready;
    } catch (error) {
      // Without its handler a child is of no use.
      this.#kill(error);
    }
  }

  #send(bytes: Uint8Array<ArrayBuffer>): void {
    this.#unread += bytes.length;
    if (this.#unread > MAX_UNREAD * (this.size + 1)) {
      return this.#kill(
        new RemoteProtocolError(
          `Cannot send more to the child process as it must read what it is sent: ${this.#unread} bytes wait`,
        ),
      );
    }
    this.#write(bytes).then(() => this.#unread -= bytes.length);
  }

  async #write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await this.#input.write(bytes);
    } catch {
      // That the process has ended is noticed elsewhere.
    }
  }

  /** Waits until the process has ended, and nothing is left to be read of it. */
  async #attend(mark: Uint8Array): Promise<void> {
    const output = new ChildOutput(
      this.#process,
      mark,
      (bytes) => this.#channel.push(bytes),
    );
    const { code, signal } = await this.#process.status;
    await output.finish();
    await this.#input.abort().catch(() => {});
    const { lastWords: stderr } = output;
    const end = signal === null ? `exit code ${code}` : `signal ${signal}`;
    this.#channel.fail(
      new ChildProcessError(
        `The child process ended before its request, with ${end}${
          stderr && `:\n${stderr}`
        }`,
        { code, signal, stderr },
      ),
    );
  }
}

function tooLong(seconds: number): Deno.errors.TimedOut {
  return new Deno.errors.TimedOut(
    `Cannot handle the request within the requestTimeout: current value is ${seconds} seconds`,
  );
}
