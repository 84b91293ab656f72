import type { ServerClass } from "../../contract/server_classes.ts";

/** How a server class runs its handlers. */
export type Way = "plain" | "async" | "threading" | "forking";

/** A server that is put to the test, as its clients know it. */
export interface Target {
  /** The name of its class. */
  readonly name: string;
  readonly way: Way;
  /** Where it listens: a port of 127.0.0.1, or a path. */
  readonly address: number | string;
  readonly isStream: boolean;
  /** For the socket files of clients. */
  readonly folder: string;
  /** What marks the programs that its handlers run, a number of seconds. */
  readonly mark: number;
  /** How many descriptors it has: fewer than a crowd of clients takes. */
  readonly descriptors: number;
  /** Words of the names of attacks that are left out. */
  readonly without?: string;
}

/** How many honest clients there are: each visit may cost a process. */
export function clientsOf(way: Way): number {
  return way === "forking" ? 2 : 4;
}

/** How a class runs its handlers. */
export function wayOf({ name, concurrent, remote }: ServerClass): Way {
  if (!concurrent) return "plain";
  if (!remote) return "async";
  return name.startsWith("Threading") ? "threading" : "forking";
}

/** Whether a server listens at a path. */
export function isUnix({ address }: Target): boolean {
  return typeof address === "string";
}

/** Where a client of Deno's own connects to. */
export function connectOptions(
  { address }: Target,
): Deno.ConnectOptions | Deno.UnixConnectOptions {
  return typeof address === "string"
    ? { transport: "unix", path: address }
    : { hostname: "127.0.0.1", port: address };
}
