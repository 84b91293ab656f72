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
const PROBE_LIMIT_MS = 2000;

/**
 * Checks the path of a socket file.
 *
 * @throws {TypeError} If it is not a string, or empty.
 */
export function checkedPath(server: string, path: unknown): string {
  if (typeof path === "string" && path !== "") return path;
  throw new TypeError(
    `Cannot bind the ${server} as path must be a string that is not empty: current value is ${
      Deno.inspect(path)
    }`,
  );
}

/**
 * Listens on a path, in place of a socket file that a dead server left there.
 *
 * @throws {Deno.errors.AddrInUse} If the path is taken: by a living server, or
 * by a file that is not a socket.
 */
export function listenOnPath<T>(path: string, listen: () => T): T {
  try {
    return listen();
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse) || !isDeadSocket(path)) {
      throw error;
    }
    Deno.removeSync(path);
    return listen();
  }
}

/**
 * Asks the path itself whether anybody is there, as its age tells nothing.
 *
 * Deno can only connect asynchronously and a constructor cannot wait, so a
 * Worker connects and this thread sleeps meanwhile; 20 ms, and only if the
 * path is taken.
 */
function isDeadSocket(path: string): boolean {
  if (path.startsWith("\0") || !Deno.lstatSync(path).isSocket) return false;
  const answer = new Int32Array(new SharedArrayBuffer(4));
  const source = `data:application/javascript,${encodeURIComponent(PROBE)}`;
  const probe = new Worker(source, { type: "module" });
  try {
    probe.postMessage({ path, answer });
    Atomics.wait(answer, 0, 0, PROBE_LIMIT_MS);
    return answer[0] === 2;
  } finally {
    probe.terminate();
  }
}
