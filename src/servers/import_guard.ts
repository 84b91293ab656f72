/**
 * Where the flag is kept: globally, as a handler module may come with a copy
 * of this library of its own, which must see it too.
 */
const FLAG = Symbol.for("@socketserver/socketserver/importing");

const holder = globalThis as { [FLAG]?: string };

/** Notes which handler module is being imported here; `null` for none. */
export function setImporting(moduleUrl: string | null): void {
  if (moduleUrl === null) delete holder[FLAG];
  else holder[FLAG] = moduleUrl;
}

/**
 * Keeps a program that forgot its guard from starting its server once more in
 * every thread and every child.
 *
 * @throws {Error} If a handler module is being imported here.
 */
export function checkNotImporting(): void {
  if (holder[FLAG] === undefined) return;
  throw new Error(
    `Cannot create a server while ${
      holder[FLAG]
    } is imported for its handler: start the server inside 'if (import.meta.main) { … }'`,
  );
}
