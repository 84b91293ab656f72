import { assert, assertEquals, assertMatch } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { commandOf, type Example, withExample } from "../fixtures/example.ts";

const LIMIT_MS = 30_000;
const HOSTNAME = "127.0.0.1";

/** An example that is running, with all that a test asks of a process. */
export interface ExampleProcess extends Example {
  /** Where it listens. */
  readonly address: { readonly hostname: string; readonly port: number };
}

/**
 * Runs an example as its header says, on a port that is free, while `body`
 * lasts; then ends it as Ctrl-C does, unless `body` has stopped it, and asserts
 * that its exit code is 0.
 *
 * @param name The file of the example.
 * @param body What is done meanwhile.
 * @param options Further arguments, and the paths of its header in other places.
 */
export async function withExampleProcess(
  name: string,
  body: (example: ExampleProcess) => Promise<void>,
  { args = [], replace = {} }: {
    args?: string[];
    replace?: Record<string, string>;
  } = {},
): Promise<void> {
  await withExample(name, ["0", ...args], async (example) => {
    const address = { hostname: HOSTNAME, port: Number(example.place) };
    let isStopped = Deno.build.os === "windows"; // where no signal can be sent
    const stop = (signal: Deno.Signal) => {
      isStopped = true;
      return example.stop(signal);
    };
    await body({ ...example, address, stop });
    if (!isStopped) assertEquals(await example.stop("SIGINT"), 0);
  }, { replace });
}

/** What an example is started with, beside its port. */
interface Surroundings {
  readonly args?: string[];
  readonly cwd?: string;
  readonly replace?: Record<string, string>;
}

/**
 * Asserts that an example says in one line that its port is taken, and ends with
 * exit code 1.
 */
export async function assertRefusesTakenPort(
  name: string,
  { transport = "tcp", args = [], ...surroundings }: Surroundings & {
    transport?: "tcp" | "udp";
  } = {},
): Promise<void> {
  const own = { hostname: HOSTNAME, port: 0 };
  using taken = transport === "tcp"
    ? Deno.listen(own)
    : disposable(Deno.listenDatagram({ ...own, transport }));
  assert(taken.addr.transport === transport);
  const { port } = taken.addr;
  await assertRefuses(name, `${HOSTNAME}:${port}`, {
    ...surroundings,
    args: [`${port}`, ...args],
  });
}

/** Asserts the same of any address that is taken. */
export async function assertRefuses(
  name: string,
  place: string,
  { args = [], cwd, replace = {} }: Surroundings,
): Promise<void> {
  const { code, stdout, stderr } = await deadline(
    new Deno.Command(Deno.execPath(), {
      args: [...await commandOf(name, replace), ...args],
      env: { NO_COLOR: "1" },
      stdin: "null",
      ...(cwd === undefined ? {} : { cwd }),
    }).output(),
    LIMIT_MS,
  );
  const said = new TextDecoder().decode(stderr);
  assertEquals(new TextDecoder().decode(stdout), "");
  assertMatch(said, new RegExp(`^[^\n]*${place}[^\n]*\n$`));
  assertEquals(code, 1);
}

function disposable(socket: Deno.DatagramConn) {
  return { addr: socket.addr, [Symbol.dispose]: () => socket.close() };
}
