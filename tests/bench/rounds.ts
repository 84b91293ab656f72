import type { Result } from "./metrics.ts";
import { type Command, Server } from "./server.ts";
import type { Load, Row, Sample, Trial } from "./trial.ts";

/** How much is measured. */
export interface Effort {
  /** How often each server has its turn. */
  rounds: number;
  /** How long a turn takes, as a part of what the trial wants. */
  part: number;
}

const SECONDS = 0.8;
/** The first turn of a server is not counted: its code is compiled in it. */
const WARM_UP_SECONDS = 0.6;

/** Measures what some rows of a trial need. */
export async function measure(
  trial: Trial,
  rows: readonly Row[],
  effort: Effort,
): Promise<Result[]> {
  const sides = new Set(rows.flatMap(({ ours, against }) => [ours, against]));
  const samples = new Map<string, Sample[]>();
  const turns: (() => Promise<void>)[] = [];
  await using stack = new AsyncDisposableStack();

  for (const side of sides) {
    const { program, args, load = trial.load } = trial.sides[side]!;
    const path = await program.path();
    if (path === undefined) continue;
    const turn = trial.fresh
      ? freshTurns(load, [path, ...args])
      : turnsOf(load, stack.use(await Server.start([path, ...args])));
    await turn(WARM_UP_SECONDS * effort.part);
    const taken: Sample[] = [];
    samples.set(side, taken);
    const seconds = (trial.seconds ?? SECONDS) * effort.part;
    turns.push(async () => void taken.push(await turn(seconds)));
  }

  for (let round = 0; round < effort.rounds; round++) {
    // Nobody is always the first, or always after the same other one.
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) {
      await turn();
    }
  }
  return rows.map((row): Result => {
    const ours = samples.get(row.ours) ?? [];
    const theirs = samples.get(row.against) ?? [];
    if (ours.length > 0 && theirs.length > 0) return { row, ours, theirs };
    const { name } = trial.sides[row.against]!.program;
    return { row, ours, theirs, missing: name };
  });
}

type Turn = (seconds: number) => Promise<Sample>;

function turnsOf(load: Load, server: Server): Turn {
  return async (seconds) => await load(server, seconds);
}

function freshTurns(load: Load, command: Command): Turn {
  return async (seconds) => {
    await using server = await Server.start(command);
    return await load(server, seconds);
  };
}
