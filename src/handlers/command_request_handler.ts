import { withinTimeLimit } from "../streams/time_limit.ts";
import type { HandlerServer, StreamRequest } from "../types.ts";
import { StreamRequestHandler } from "./stream_request_handler.ts";

/** How long a program may take to end when it is told to, in seconds. */
const GRACE = 1;
/** How often to look whether the connection is still there, in milliseconds. */
const WATCH_INTERVAL_MS = 1000;

const NOTHING = new Uint8Array(0);

/**
 * Connects the client to a program's standard input and output, as inetd and
 * tcpserver do.
 *
 * The program finds both ends of the connection in its environment, under the
 * names that tcpserver gives them: `PROTO`, `TCPREMOTEIP`, `TCPREMOTEPORT`,
 * `TCPLOCALIP` and `TCPLOCALPORT`, or `UNIXLOCALPATH` for a Unix socket. Its
 * standard error is the server's. What it leaves unread is lost. When it has
 * ended its output, the connection ends. When the connection is reset, or the
 * server closes it, the program is ended too. A client that closes normally only
 * ends the program's input: a program that neither reads nor writes runs on then,
 * until the server closes.
 *
 * Needs the permission `--allow-run=<the program>`; in child processes, which
 * have none of the server's, `permissions: { run: ["<the program>"] }`.
 *
 * @typeParam Server The server's class; see `BaseRequestHandler`.
 *
 * @example Usage
 * ```ts
 * import { AsyncTCPServer, CommandRequestHandler } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class EvalHandler extends CommandRequestHandler {
 *   override command = Deno.execPath();
 *   override args = ["eval", "Deno.stdin.readable.pipeTo(Deno.stdout.writable)"];
 * }
 *
 * await using server = new AsyncTCPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   EvalHandler,
 * );
 * const serving = server.serveForever();
 *
 * const { port } = server.serverAddress;
 * const client = await Deno.connect({ hostname: "127.0.0.1", port });
 * await client.write(new TextEncoder().encode("hello"));
 * await client.closeWrite();
 * assertEquals(await new Response(client.readable).text(), "hello");
 *
 * await server.shutdown();
 * await serving;
 * ```
 */
export class CommandRequestHandler<
  Server extends HandlerServer = HandlerServer,
> extends StreamRequestHandler<Server> {
  /** The program to run: its name, or its path. To be set in the subclass. */
  command: string = "";
  /**
   * The program's arguments.
   *
   * @default {[]}
   */
  args: string[] = [];

  /**
   * Runs the program until it has ended its output.
   *
   * @throws {TypeError} If no program is named.
   * @throws {Deno.errors.NotFound} If there is no such program.
   * @throws {Deno.errors.NotCapable} If the permission to run it is missing.
   */
  override async handle(): Promise<void> {
    if (this.command === "") {
      throw new TypeError(
        "Cannot handle the request as 'command' must name a program: current value is ''",
      );
    }
    const program = new Deno.Command(this.command, {
      args: this.args,
      env: connectionEnvironment(this.request.localAddr, this.clientAddress),
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const ended = Promise.all([
      program.stdout.pipeTo(this.wfile),
      program.status,
    ]);
    const fed = this.rfile.pipeTo(program.stdin).catch(ignoreBrokenPipe);
    const watch = new AbortController();
    // In a child process, `unload` is the only notice of its end.
    const end = () => kill(program);
    addEventListener("unload", end);
    const lost = fed.then(() => lossOf(this.request, watch.signal));
    try {
      await Promise.race([ended, lost]);
    } finally {
      watch.abort();
      await terminate(program);
      removeEventListener("unload", end);
    }
  }
}

/** A program need not read what its client sends. */
function ignoreBrokenPipe(error: unknown): void {
  if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
}

/**
 * Watches a connection whose input has ended: no read is pending any more, so
 * only a write can show that the connection is lost.
 *
 * @returns A promise that rejects then, or resolves when the watch is ended.
 */
function lossOf(connection: StreamRequest, end: AbortSignal): Promise<void> {
  if (end.aborted) return Promise.resolve();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let asking = false;
  const timer = setInterval(async () => {
    if (asking) return; // the client is slow to take what was written
    asking = true;
    await connection.write(NOTHING).catch(reject);
    asking = false;
  }, WATCH_INTERVAL_MS);
  end.addEventListener("abort", () => {
    clearInterval(timer);
    resolve();
  });
  return promise;
}

/** Ends a program, if it has not ended; politely first. */
async function terminate(program: Deno.ChildProcess): Promise<void> {
  kill(program, "SIGTERM");
  await withinTimeLimit(program.status, GRACE, "end the program")
    .catch(() => kill(program));
}

function kill(
  program: Deno.ChildProcess,
  signal: Deno.Signal = "SIGKILL",
): void {
  try {
    program.kill(signal);
  } catch {
    // It has ended already.
  }
}

function connectionEnvironment(
  local: Deno.Addr,
  remote: Deno.Addr,
): Record<string, string> {
  if (!("hostname" in local) || !("hostname" in remote)) {
    const path = "path" in local ? local.path : "";
    return { PROTO: "UNIX", UNIXLOCALPATH: path };
  }
  return {
    PROTO: "TCP",
    TCPLOCALIP: local.hostname,
    TCPLOCALPORT: `${local.port}`,
    TCPREMOTEIP: remote.hostname,
    TCPREMOTEPORT: `${remote.port}`,
  };
}
