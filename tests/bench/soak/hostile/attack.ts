import type { Target, Way } from "../target.ts";

/** One kind of hostile client. */
export interface Attack {
  /** What the table and the report call it. */
  readonly name: string;
  /** The transports that it is for; all of them by default. */
  readonly over?: "streams" | "datagrams" | "unix datagrams" | "unix";
  /** The ways to run handlers that it is for; all of them by default. */
  readonly ways?: readonly Way[];
  /**
   * Whether it ends what the requests of others are handled by, as the docs say.
   */
  readonly takesOthersAlong?: readonly Way[];
  /** Does it once, which takes a second at most, and leaves nothing behind. */
  run(target: Target): void | Promise<void>;
}

/** Whether an attack can be made on a server. */
export function concerns(attack: Attack, target: Target): boolean {
  const { name, over, ways } = attack;
  if (target.without !== undefined && name.includes(target.without)) {
    return false;
  }
  if (ways !== undefined && !ways.includes(target.way)) return false;
  const unix = typeof target.address === "string";
  switch (over) {
    case "streams":
      return target.isStream;
    case "datagrams":
      return !target.isStream;
    case "unix datagrams":
      return !target.isStream && unix;
    case "unix":
      return unix;
    default:
      return true;
  }
}

/** How many clients there are where each costs a process. */
export function fewer({ way }: Target, many: number, few: number): number {
  return way === "forking" ? few : many;
}

/** How many there are where one holds all others, or costs a process. */
export function patient({ way }: Target, many: number): number {
  return way === "plain" || way === "forking" ? 2 : many;
}
