/**
 * The first module of a child process: it runs before the handler's.
 *
 * @module
 */
import { setImporting } from "../import_guard.ts";
import { readSettings } from "./own_settings.ts";
import type { ProcessSettings } from "./process_settings.ts";

// A terminal sends Ctrl-C to the whole group of processes, and a service
// manager its SIGTERM. It is for the server to decide what they mean; they must
// not cut off a request. (A group of its own would cost more: a detached child
// is forked rather than spawned, which is slower.)
Deno.addSignalListener("SIGINT", () => {});
if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", () => {});

const found = readSettings(Deno.stdin);
if (found === null) Deno.exit(0); // the server is no more

/** What the server says of itself and its handler. */
export const settings: ProcessSettings = found;

setImporting(settings.handler.moduleUrl);

/** Where frames come in. */
export const stdin: typeof Deno.stdin = Deno.stdin;
/** Where frames go out. */
export const stdout: typeof Deno.stdout = Deno.stdout;

// The handler finds an empty input, and what it prints cannot get between two
// halves of a batch. `node:process` has its own way to both, which could only
// be closed by loading it into every child.
Object.defineProperty(Deno, "stdin", { value: emptyInput() });
Object.defineProperty(Deno, "stdout", { value: Deno.stderr });

function emptyInput(): typeof Deno.stdin {
  return {
    read: () => Promise.resolve(null),
    readSync: () => null,
    close() {},
    // Made on demand, as most handlers can do without the code of streams.
    get readable() {
      return new ReadableStream({ start: (controller) => controller.close() });
    },
    setRaw() {},
    isTerminal: () => false,
    [Symbol.dispose]() {},
  } as unknown as typeof Deno.stdin;
}
