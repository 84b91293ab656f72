import { brokenRule } from "../broken_rule.ts";
import { wrongOption } from "../option_checks.ts";

/**
 * Checks the path of a socket file.
 *
 * @throws {TypeError} If it is not a string, or empty.
 */
export function checkPath(server: string, path: unknown): void {
  if (typeof path === "string" && path !== "") return;
  const rule = "path must be a string that is not empty";
  throw new TypeError(brokenRule(`bind the ${server}`, rule, path));
}

/**
 * Checks the permissions that a socket file is to have.
 *
 * @param socket What the server was given in place of a new socket.
 * @throws {TypeError} If they are not a number, or are of no use.
 * @throws {RangeError} If they are out of range.
 */
export function checkMode(mode: unknown, socket: unknown): void {
  if (mode === undefined) return;
  if (typeof mode !== "number") {
    throw wrongOption("mode must be a number", mode);
  }
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) {
    throw new RangeError(
      `Cannot create the server as mode must be an integer between 0 and 0o777, which is 511: current value is ${mode}`,
    );
  }
  if (socket === undefined) return;
  throw new TypeError(
    `Cannot create the server as mode must be left out if a socket is given, which has its file already: current value is ${mode}`,
  );
}

/**
 * Checks that nobody asks for a queue that Deno does not offer.
 *
 * @throws {TypeError} If somebody does.
 */
export function checkNoQueueSize(options: object): void {
  const { requestQueueSize } = options as { requestQueueSize?: unknown };
  if (requestQueueSize === undefined) return;
  throw wrongOption(
    "requestQueueSize must be left out for Unix sockets, of which Deno lets 1024 clients wait",
    requestQueueSize,
  );
}

/**
 * Checks that there is a file which can have permissions.
 *
 * @throws {TypeError} If there is none.
 */
export function checkHasMode(
  server: string,
  path: string,
  mode: number | undefined,
): void {
  if (mode === undefined || !isAbstract(path)) return;
  throw new TypeError(
    `Cannot bind the ${server} as mode must be left out if the name is abstract, as it has no file: current value is ${mode}`,
  );
}

/** Whether a path is a name that Linux keeps apart from files. */
export function isAbstract(path: string): boolean {
  return path.startsWith("\0");
}

/** What a path means now, whatever folder the process will be in later. */
export function absolutePath(path: string): string {
  if (path.startsWith("/")) return path;
  try {
    return `${Deno.cwd()}/${path}`;
  } catch {
    return path; // the folder is gone
  }
}
