import { killQuietly } from "./kill_quietly.ts";
import { succeedsWithin, toMilliseconds } from "../streams/time_limit.ts";

/** The shortest time from one start of a guardian to the next, in seconds. */
const PAUSE = 1;
/** How long a guardian may take to end when it has nothing to do, in seconds. */
const END_LIMIT = 3;

const encoder = new TextEncoder();

/**
 * Sees to it that some processes do not outlive this isolate, whatever ends it.
 *
 * It keeps another process, which is told by lines on its standard input: `+`
 * and a process ID when a process has started, `-` and its ID when that has
 * ended. At the end of the input it ends the rest. It is replaced when it ends
 * before its time.
 *
 * Between the start of a process and the line that tells of it there is a
 * moment in which nobody watches it.
 */
export class Guardian {
  readonly #start: () => Deno.ChildProcess;
  readonly #watched = new Set<number>();
  #process: Deno.ChildProcess | null = null;
  #input: WritableStreamDefaultWriter<Uint8Array> | null = null;
  /** When the next one may be started unasked. */
  #nextStart = 0;
  #restart: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /**
   * Starts the guardian.
   *
   * @param start Starts its process, the input of which must be piped.
   * @throws {Error} What `start()` throws.
   */
  constructor(start: () => Deno.ChildProcess) {
    this.#start = start;
    this.#launch();
  }

  /** How many processes it watches. */
  get size(): number {
    return this.#watched.size;
  }

  /** Has a process ended when this isolate is no more. */
  watch(pid: number): void {
    this.#relaunch();
    this.#watched.add(pid);
    this.#tell(`+${pid}`);
  }

  /** Tells that a process has ended or is to end: its ID may be reused soon. */
  forget(pid: number): void {
    this.#relaunch(); // else nobody would end what it has left behind
    this.#watched.delete(pid);
    this.#tell(`-${pid}`);
  }

  /** Ends the guardian, and what it still watches. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restart);
    const process = this.#process;
    if (process === null) return;
    process.ref();
    // This waits until it has read all; one that is stopped reads nothing.
    this.#input?.close().catch(() => {});
    if (await succeedsWithin(process.status, END_LIMIT)) return;
    killQuietly(process);
    await process.status;
  }

  #launch(): void {
    const process = this.#start();
    process.unref();
    this.#process = process;
    this.#input = process.stdin.getWriter();
    this.#nextStart = performance.now() + toMilliseconds(PAUSE);
    for (const pid of this.#watched) this.#tell(`+${pid}`);
    process.status.then(() => this.#noteEnd());
  }

  /** Starts it again, if it has ended. */
  #relaunch(): void {
    clearTimeout(this.#restart);
    if (this.#closed || this.#process !== null) return;
    try {
      this.#launch();
    } catch {
      // There is no room for it: it is tried again with the next process.
    }
  }

  #noteEnd(): void {
    this.#process = null;
    this.#input?.abort().catch(() => {}); // or else its descriptor stays open
    this.#input = null;
    if (this.#closed || this.size === 0) return;
    // One that cannot live would be started again and again.
    const pause = Math.max(0, this.#nextStart - performance.now());
    this.#restart = setTimeout(() => this.#relaunch(), pause);
    Deno.unrefTimer(this.#restart);
  }

  #tell(line: string): void {
    // Without a guardian the processes work on.
    this.#input?.write(encoder.encode(`${line}\n`)).catch(() => {});
  }
}
