// deno-lint-ignore-file no-console -- the driver reads standard output
/**
 * Serves with one class, and tells what it is asked: `server.ts NAME PATH MARK`.
 * A line `look` on standard input has it tell how much is going on, `close` ends
 * it.
 *
 * @module
 */
import type { ServerConstructor } from "@socketserver/socketserver";
import { TextLineStream } from "@std/streams/text-line-stream";
import { serverClasses } from "../../contract/server_classes.ts";
import { withFaultyHooks } from "./faulty_hooks.ts";
import { SoakDatagramHandler, SoakStreamHandler } from "./handlers.ts";
import { wayOf } from "./target.ts";

const [name, path, mark] = Deno.args as [string, string, string];
const serverClass = Object.values(serverClasses).flat()
  .find((each) => each.name === name)!;
const way = wayOf(serverClass);

const say = (what: unknown) => console.log(JSON.stringify(what));

/** How often an error of each class was reported. */
const reports: Record<string, number> = {};
class Server extends withFaultyHooks(serverClass.Server as ServerConstructor) {
  override handleError(error: unknown, request: unknown, address?: Deno.Addr) {
    const kind = error instanceof Error ? error.name : typeof error;
    reports[kind] = (reports[kind] ?? 0) + 1;
    return super.handleError(error, request, address);
  }

  // A hostile handler may ask for it; here nobody may.
  shutdownByHandler(): void {}
}

const server = new Server(
  serverClass.addressFamily === "AF_UNIX"
    ? { path }
    : { hostname: "127.0.0.1", port: 0 },
  serverClass.socketType === "SOCK_STREAM"
    ? SoakStreamHandler
    : SoakDatagramHandler,
  {
    // A plain server has one silent client hold all others.
    data: { patience: way === "plain" ? 0.3 : 5, mark: Number(mark) },
    drainTimeout: 5,
    handlerModule: import.meta.resolve("./handlers.ts"),
    ...(way === "forking"
      ? { maxChildren: 8, requestTimeout: 20, permissions: { run: true } }
      : {}),
  },
);

/** Of `--v8-flags=--expose-gc`. */
const collect = (globalThis as { gc?: () => void }).gc!;

const commands: Record<string, () => void | Promise<void>> = {
  look() {
    for (let i = 0; i < 3; i++) collect();
    const { heapUsed, external } = Deno.memoryUsage();
    const heap = (heapUsed + external) / 1024 ** 2;
    say({ active: server.activeRequests.length, heap, reports });
  },
  async close() {
    await server.serverClose();
    say({ closed: true });
  },
};

say({
  address: serverClass.addressFamily === "AF_UNIX"
    ? path
    : server.serverAddress.port,
});
const serving = server.serveForever().catch((error: unknown) =>
  say({ rejected: String(error) })
);
let closed = false;
const lines = Deno.stdin.readable
  .pipeThrough(new TextDecoderStream())
  .pipeThrough(new TextLineStream());
for await (const line of lines) {
  await commands[line]!();
  if (line === "close") closed = true;
  if (closed) break;
}
// The driver has gone, if it has not asked for the end.
if (!closed) Deno.exit(4);
await serving;
