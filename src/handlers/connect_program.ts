import { Program } from "../programs/program.ts";
import { connectionEnvironment } from "./connection_environment.ts";
import { connectionLoss } from "./connection_loss.ts";
import type { StreamRequestHandler } from "./stream_request_handler.ts";

/** The connection of a handler, and its two ends. */
type Client = Pick<
  StreamRequestHandler,
  "request" | "clientAddress" | "rfile" | "wfile"
>;

/**
 * Connects a client to a program until that has ended its output, or the
 * connection is lost.
 *
 * @throws {Error} What `Deno.Command` throws.
 */
export async function connectProgram(
  command: string,
  args: string[],
  { request, clientAddress, rfile, wfile }: Client,
): Promise<void> {
  const program = new Program(command, {
    args,
    env: connectionEnvironment(request.localAddr, clientAddress),
  });
  const output = new AbortController();
  const { signal } = output;
  const ended = Promise.all([
    program.stdout.pipeTo(wfile, { signal }),
    program.status,
  ]);
  const fed = rfile.pipeTo(program.stdin).catch(ignoreBrokenPipe);
  const watch = new AbortController();
  const lost = fed.then(() => connectionLoss(request, watch.signal));
  try {
    await Promise.race([ended, lost]);
  } finally {
    watch.abort();
    await program.end();
    output.abort(); // what it has left behind may hold it open
  }
}

/** A program need not read what its client sends. */
function ignoreBrokenPipe(error: unknown): void {
  if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
}
