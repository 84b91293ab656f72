import { areFree } from "./free_descriptors.ts";

/** How many descriptors it takes to listen for signals; a file takes one. */
const NEEDED = 2;

let averted: Promise<void> | null = null;

/**
 * Keeps Deno from ending the program when no file descriptor is left.
 *
 * Deno 2.9.6 needs a descriptor for two things that it does once in the life
 * of a program, and panics if it finds none then; afterwards it does without:
 *
 * - It begins to listen for signals, half a second after the start.
 * - It measures the main thread's stack, when that first parses a module. To
 *   show the stack of an error is enough, as Deno maps the lines of a module
 *   back by a file of its cache, and if it can't open that, parses the module
 *   again. So the first error after the last descriptor would end the server.
 *
 * Hence both are done when a server first serves while descriptors are there.
 */
export function avertPanics(): Promise<void> {
  if (averted === null && !areFree(NEEDED)) return Promise.resolve();
  return averted ??= avert().catch(() => {}); // a Deno without these means
}

async function avert(): Promise<void> {
  const { os } = Deno.build;
  if (os === "windows" || "DedicatedWorkerGlobalScope" in globalThis) return;
  listenForSignal();
  if (os === "linux") await parseModule();
}

/** Listens for a moment to a signal that does nothing anyway. */
function listenForSignal(): void {
  const ignore = () => {};
  Deno.addSignalListener("SIGWINCH", ignore);
  Deno.removeSignalListener("SIGWINCH", ignore);
}

/** Parses a module here, which an `import()` does not; an `if` is measured. */
async function parseModule(): Promise<void> {
  const { stripTypeScriptTypes } = await import("node:module");
  stripTypeScriptTypes("if (true);");
}
