import { delay } from "@std/async/delay";
import type { ServerClass } from "../../contract/server_classes.ts";
import {
  childrenOf,
  droppedAt,
  type Footprint,
  footprintOf,
  sleepersOf,
} from "./probe.ts";
import { Program } from "./program.ts";
import { joined, type TallyRecord } from "./tally.ts";
import { type Target, wayOf } from "./target.ts";

/** The server's descriptors; with children, each client of a crowd costs one. */
const DESCRIPTORS = { forking: 80, else: 256 };
/** How long what was done may take to go away, in milliseconds. */
const SETTLING_MS = 20_000;
const SAMPLE_MS = 200;
/**
 * How often a server must look the same: a child that has just been started is
 * there before all of its server's descriptors are.
 */
const AT_REST = 4;
/** The parts of the time: to be warm, and to be measured. */
const [QUIET, WARM_UP, MEASURED] = [0.1, 0.25, 0.65];

/** What a server takes, its requests included. */
export interface State extends Footprint {
  readonly active: number;
  /** What JavaScript holds in the server's own isolate, in megabytes. */
  readonly heap: number;
}

/** What one kind of hostile client did, and when. */
export interface AttackRecord {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Whether it may take requests of others along. */
  readonly fatal: boolean;
  readonly failure?: string;
}

/** What the soak of one class has shown. */
export interface SoakRecord {
  readonly name: string;
  target?: Target;
  /** Honest clients before there were others, and beside them. */
  quiet?: TallyRecord;
  beside?: TallyRecord;
  /** The server when it was warm, at its most, and in the end. */
  start?: State;
  most?: Footprint;
  end?: State;
  attacks: AttackRecord[];
  /** How many datagrams the system has dropped on their way to the server. */
  dropped: number;
  /** How often errors of each class were reported. */
  reports?: Record<string, number>;
  /** Programs and children that have outlived their server. */
  leftovers?: { programs: number; children: number };
  /** How long `serverClose()` took, in milliseconds. */
  closing?: number;
  /** What ended the soak too early. */
  failure?: string;
}

/**
 * Puts one class to the test for a number of seconds, and for longer if each
 * attack has not been made twice by then.
 *
 * @param without Words of the names of attacks that are left out.
 */
export async function soak(
  serverClass: ServerClass,
  seconds: number,
  without?: string,
): Promise<SoakRecord> {
  const mark = newMark();
  const folder = await Deno.makeTempDir({ prefix: "soak-" });
  const record: SoakRecord = {
    name: serverClass.name,
    attacks: [],
    dropped: 0,
  };
  try {
    await fill(record, serverClass, folder, seconds, mark, without);
  } catch (error) {
    record.failure = `${error}`;
  }
  for (const pid of sleepersOf(mark)) Deno.kill(pid, "SIGKILL");
  await Deno.remove(folder, { recursive: true });
  return record;
}

async function fill(
  record: SoakRecord,
  serverClass: ServerClass,
  folder: string,
  seconds: number,
  mark: number,
  without: string | undefined,
): Promise<void> {
  const { name, socketType } = serverClass;
  const way = wayOf(serverClass);
  const descriptors = DESCRIPTORS[way === "forking" ? way : "else"];
  await using server = new Program(
    "server.ts",
    [name, `${folder}/server`, `${mark}`],
    unreadErrors(descriptors),
  );
  const { address } = await server.next();
  const target: Target = {
    name,
    way,
    address,
    isStream: socketType === "SOCK_STREAM",
    folder,
    mark,
    descriptors,
    ...(without === undefined ? {} : { without }),
  };
  record.target = target;
  await using honest = new Program("honest.ts", [JSON.stringify(target)]);
  await delay(seconds * QUIET * 1000);
  record.quiet = await honest.ask("tally");

  await attack(record, target, seconds * WARM_UP, server.pid);
  const first = await honest.ask("pause");
  record.start = await settled(server);
  await honest.ask("resume");
  await attack(record, target, seconds * MEASURED, server.pid);
  record.beside = joined(first, await honest.ask("pause"));
  record.end = await settled(server, record.start);
  if (typeof address === "number") record.dropped = droppedAt(address);
  record.reports = (await server.ask("look")).reports;

  const children = childrenOf(server.pid);
  const start = performance.now();
  const said = await server.ask("close", SETTLING_MS);
  if (said?.closed !== true) throw new Error(`It said ${JSON.stringify(said)}`);
  record.closing = performance.now() - start;
  const { code, signal } = await server.ended().catch(() => {
    throw new Error("The server's program did not end after serverClose()");
  });
  if (code !== 0) throw new Error(`The server ended by ${signal ?? code}`);
  await delay(SAMPLE_MS); // what ends with it may take a moment
  record.leftovers = {
    programs: sleepersOf(mark).length,
    children: children.filter(isRunning).length,
  };
}

/** A number of seconds that no other program sleeps. */
function newMark(): number {
  return 1_000_000_000 + crypto.getRandomValues(new Uint32Array(1))[0]!;
}

/** Starts a program with few descriptors, and errors that nobody reads. */
function unreadErrors(descriptors: number): string[] {
  const wrapper =
    `${import.meta.dirname}/../../fixtures/programs/with_standard_error.py`;
  return Deno.env.has("SOAK_ERRORS")
    ? ["sh", "-c", `ulimit -n ${descriptors}; exec "$@"`, "sh"]
    : [
      "sh",
      "-c",
      `ulimit -n ${descriptors}; exec python3 "$0" slow "$@"`,
      wrapper,
    ];
}

/** Runs the hostile clients, and looks what the server takes meanwhile. */
async function attack(
  record: SoakRecord,
  target: Target,
  seconds: number,
  pid: number,
): Promise<void> {
  await using hostile = new Program("hostile.ts", [
    JSON.stringify(target),
    `${seconds}`,
  ]);
  let ended = false;
  const watching = (async () => {
    while (!ended) {
      record.most = larger(record.most, footprintOf(pid));
      await delay(SAMPLE_MS);
    }
  })();
  try {
    for (let done; (done = await hostile.next()) !== undefined;) {
      record.attacks.push(done);
    }
    const { code, signal } = await hostile.ended();
    if (code !== 0) throw new Error(`The attacks ended by ${signal ?? code}`);
  } finally {
    ended = true;
    await watching;
  }
}

function larger(a: Footprint | undefined, b: Footprint): Footprint {
  return a === undefined ? b : {
    descriptors: Math.max(a.descriptors, b.descriptors),
    megabytes: Math.max(a.megabytes, b.megabytes),
    threads: Math.max(a.threads, b.threads),
    children: Math.max(a.children, b.children),
  };
}

/** Waits until a server has come to rest, or is at least where it was. */
async function settled(server: Program, start?: State): Promise<State> {
  const limit = performance.now() + SETTLING_MS;
  let last = "";
  let same = 0;
  for (;;) {
    const { active, heap } = await server.ask("look");
    const state: State = { ...footprintOf(server.pid), active, heap };
    const counts = countsOf(server.pid, state);
    same = counts === last && active === 0 ? same + 1 : 0;
    const rests = start === undefined ? same === AT_REST : isBack(state, start);
    if (rests || performance.now() > limit) return state;
    last = counts;
    await delay(start === undefined ? 500 : SAMPLE_MS);
  }
}

/** What stays the same at rest: the children too, as one may still be ending. */
function countsOf(pid: number, { descriptors, threads }: State): string {
  return JSON.stringify([descriptors, threads, childrenOf(pid)]);
}

/** Whether all that is counted is back where it was. */
function isBack(state: State, start: State): boolean {
  return state.descriptors <= start.descriptors &&
    state.threads <= start.threads &&
    state.children <= start.children && state.active <= start.active;
}

function isRunning(pid: number): boolean {
  try {
    Deno.statSync(`/proc/${pid}`);
    return true;
  } catch {
    return false;
  }
}
