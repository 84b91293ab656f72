import { hostedModule } from "../import_guard.ts";

/** What a terminal and a service manager send to a program that is to end. */
const TERMINATION_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/**
 * An `AbortSignal` that is aborted when the program is told to end: by Ctrl-C,
 * which is SIGINT, or by a service manager, which sends SIGTERM; on Windows by
 * Ctrl-C or Ctrl-Break.
 *
 * With `await using` it is all that a server needs to end properly. The signal
 * stops `serveForever()`, handlers hear of it by `this.signal`, the end of the
 * block closes the server, which waits for requests that are being handled for
 * at most `drainTimeout`, and the exit code is 0. One signal can stop any number
 * of servers.
 *
 * It takes the place of what the system does, once: a second Ctrl-C, or SIGTERM,
 * ends the program at once. It does not keep the program alive, and needs no
 * permission. Go has `signal.NotifyContext` for this.
 *
 * Call it before the program says that it listens: until then the system ends
 * it. Call it where the servers are: threads and child processes are told to end
 * by their server.
 *
 * @returns The signal; its `reason` is a `DOMException` named `AbortError`, whose
 * message names what the program was sent.
 * @throws {Error} If it is called by a handler's module on a thread or in a child
 * process, where a handler has `this.signal`.
 *
 * @example A program with two servers
 * ```ts
 * import {
 *   AsyncTCPServer,
 *   AsyncUDPServer,
 *   terminationSignal,
 * } from "@socketserver/socketserver";
 * import { assert } from "@std/assert";
 *
 * async function main() {
 *   const signal = terminationSignal();
 *   assert(!signal.aborted);
 *   const address = { hostname: "127.0.0.1", port: 8000 };
 *   await using tcp = new AsyncTCPServer(address, () => {});
 *   await using udp = new AsyncUDPServer(address, () => {});
 *   await Promise.all([
 *     tcp.serveForever({ signal }),
 *     udp.serveForever({ signal }),
 *   ]);
 * }
 *
 * if (import.meta.main) await main();
 * ```
 */
export function terminationSignal(): AbortSignal {
  const hosted = hostedModule();
  if (hosted !== undefined) {
    throw new Error(
      `Cannot wait for termination signals in a thread or child that imported ${hosted} for its handler: use the handler's 'signal'`,
    );
  }
  const controller = new AbortController();
  const listeners = TERMINATION_SIGNALS.map((name) => {
    const listener = () => {
      for (const [other, its] of listeners) {
        Deno.removeSignalListener(other, its);
      }
      const message = `The program was told to end by ${name}`;
      controller.abort(new DOMException(message, "AbortError"));
    };
    Deno.addSignalListener(name, listener);
    return [name, listener] as const;
  });
  return controller.signal;
}
