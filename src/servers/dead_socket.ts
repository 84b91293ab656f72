import { PrivateFolder } from "./private_folder.ts";
import type { SocketFile } from "./socket_file.ts";

/** Answers whether somebody listens on a socket file: 1 yes, 2 no. */
const PROBE = `onmessage = async ({ data: { path, answer } }) => {
  let listening = true;
  try {
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    listening = !(error instanceof Deno.errors.ConnectionRefused);
  }
  Atomics.store(answer, 0, listening ? 1 : 2);
  Atomics.notify(answer, 0);
};`;
const PROBE_LIMIT_MS = 10_000;

/**
 * Asks the path itself whether anybody is there, as its age tells nothing.
 *
 * Deno can only connect asynchronously and a constructor cannot wait, so a
 * Worker connects and this thread sleeps meanwhile; 20 ms, and only if the
 * path is taken.
 *
 * @throws {Deno.errors.AddrInUse} If there is no answer in time.
 */
export function isDeadSocket(path: string): boolean {
  const answer = new Int32Array(new SharedArrayBuffer(4));
  const source = `data:application/javascript,${encodeURIComponent(PROBE)}`;
  const probe = new Worker(source, { type: "module" });
  try {
    probe.postMessage({ path, answer });
    Atomics.wait(answer, 0, 0, PROBE_LIMIT_MS);
  } finally {
    probe.terminate();
  }
  if (answer[0] !== 0) return answer[0] === 2;
  throw new Deno.errors.AddrInUse(
    `Address already in use, though it could not be found out in ${
      PROBE_LIMIT_MS / 1000
    } seconds whether anybody listens there`,
  );
}

/**
 * Takes away the socket file of a dead server, but not that of a server which
 * has done so first and stands there now.
 *
 * Looking and removing are two steps, between which that can happen. So what is
 * there is moved to where nobody else sees it, looked at, and put back if it is
 * another one. Where that is not permitted, the two steps have to do.
 */
export function takeAway(dead: SocketFile): void {
  using folder = PrivateFolder.beside(dead.path);
  if (folder === null) return dead.remove();
  // A living one is not to be moved even for a moment: its place would be taken.
  if (!dead.isAt()) return;
  try {
    folder.takeIn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (!dead.isAt(folder.filePath)) folder.putBack();
}
