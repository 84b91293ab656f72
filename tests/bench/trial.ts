import type { Program } from "./programs.ts";
import type { Server } from "./server.ts";

/** What a turn of a server showed. */
export interface Sample {
  /** How much was done in a second. */
  rate?: number;
  /** The processor time that the server used for each, in microseconds. */
  cpu?: number;
  /** Of 100 answers one took longer than this, in milliseconds. */
  p99?: number;
  /** Milliseconds. */
  time?: number;
  /** KB. */
  memory?: number;
}

/** What may be compared. */
export type Metric = keyof Sample;

/** Loads a server for a while. */
export type Load = (
  server: Server,
  seconds: number,
) => Sample | Promise<Sample>;

/** The tables, each for one question. */
export type Question =
  | "Against a loop of one's own"
  | "Against other platforms"
  | "Threads and processes"
  | "Start and memory"
  | "Examples";

/** How a server is started. */
export interface Side {
  program: Program;
  args: readonly string[];
}

/** Servers that take turns under the same load. */
export interface Trial {
  load: Load;
  /** How long each turn takes, if not as long as most, in seconds. */
  seconds?: number;
  /**
   * Whether a server is started anew for each turn. Else all of them stay, and
   * what their heaps have seen before is a part of what is measured.
   */
  fresh?: boolean;
  /** The servers, by the names that the tables give them. */
  sides: Record<string, Side>;
  rows: readonly Row[];
}

/** A comparison of two of the servers. */
export interface Row {
  question: Question;
  /** What ours does. */
  name: string;
  ours: string;
  against: string;
  /** What decides; `cpu` by default. */
  by?: Metric;
  /** The smallest ratio that is good enough, if higher is better. */
  atLeast?: number;
  /** The largest ratio that is good enough, if lower is better. */
  atMost?: number;
  /** The largest value of ours that is good enough. */
  oursAtMost?: number;
}
