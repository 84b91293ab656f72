import { ThreadError } from "../errors.ts";
import { areFree } from "../servers/free_descriptors.ts";

/**
 * How many descriptors must be free for a thread: six that it keeps, one to
 * load its modules with, and one to spare.
 */
const NEEDED = 8;

/**
 * Checks that a thread can be started now: Deno 2.9.6 ends the program with a
 * panic if it lacks a descriptor meanwhile.
 *
 * @param moduleUrl The handler's module: a thread may read it, if it is a file.
 * @throws {ThreadError} If there are too few descriptors.
 */
export function checkRoomForThread(moduleUrl: string): void {
  const url = new URL(moduleUrl);
  if (areFree(NEEDED, url.protocol === "file:" ? [url] : [])) return;
  throw new ThreadError(
    `Cannot start a thread as ${NEEDED} file descriptors must be free for it: too many open files (os error 24)`,
  );
}
