/**
 * Where the notes are kept: globally, as a handler module may come with a copy
 * of this library of its own, which must see them too.
 */
const IMPORTING = Symbol.for("@socketserver/socketserver/importing");
const HOSTED = Symbol.for("@socketserver/socketserver/hosted");

const REMEDY = "start the server inside 'if (import.meta.main) { … }'";

const holder = globalThis as { [IMPORTING]?: string; [HOSTED]?: string };

/** Notes which handler module is being imported here; `null` for none. */
export function setImporting(moduleUrl: string | null): void {
  if (moduleUrl === null) delete holder[IMPORTING];
  else holder[IMPORTING] = holder[HOSTED] = moduleUrl;
}

/** The handler module that this thread, or child, was started for. */
export function hostedModule(): string | undefined {
  return holder[HOSTED];
}

/**
 * Keeps a program that forgot its guard from starting its server once more in
 * every thread and every child.
 *
 * @throws {Error} If a handler module is being imported here.
 */
export function checkNotImporting(): void {
  if (holder[IMPORTING] === undefined) return;
  throw new Error(
    `Cannot create a server while ${
      holder[IMPORTING]
    } is imported for its handler: ${REMEDY}`,
  );
}

/**
 * Also catches a program that starts serving only after its import: every
 * thread or child would start more of them, without end.
 *
 * @throws {Error} If this is a thread, or a child, for handlers of that module.
 */
export function checkNotHosted(moduleUrl: string): void {
  if (holder[HOSTED] !== moduleUrl) return;
  throw new Error(
    `Cannot serve in a thread or child that imported ${moduleUrl} for its handler: ${REMEDY}`,
  );
}
