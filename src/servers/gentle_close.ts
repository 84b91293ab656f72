import { hasInputBegun } from "../streams/input_state.ts";
import { withinTimeLimit } from "../streams/time_limit.ts";
import type { ByteSource } from "../types.ts";

/** How long the input of a client that has its answer is dropped, in seconds. */
const DROP_LIMIT = 1;
/** How much of it is dropped, in bytes. */
const MOST_DROPPED = 262_144;
/**
 * How many microtasks a read that finds bytes may take. Those of Deno's
 * connections take two, and a wrapper around one a few more.
 */
const READ_MICROTASKS = 4;

/** Where dropped bytes go: they have one place, as nobody looks at them. */
const DROPPED = new Uint8Array(65_536);
const ONE_BYTE = DROPPED.subarray(0, 1);

/** Reads under way that others have lent, by what they read from. */
const lent = new WeakMap<object, Promise<boolean>>();

/**
 * Lets a read that is under way count as the one of {@linkcode hasUnreadInput}.
 *
 * @param read Resolves to whether there was anything to read.
 */
export function lendRead(source: ByteSource, read: Promise<boolean>): void {
  lent.set(source, read);
}

/**
 * Whether bytes have come that nobody has read: to close a connection then
 * would reset it, and what the client has not received yet would be lost.
 *
 * It takes a byte to know. A read that finds none at once stays pending until
 * the connection is closed; so does one behind a read of somebody else's, who
 * has taken whatever came.
 *
 * @returns `null` if that will be known in the next turn of the event loop: until
 * then the first read of a connection finds nothing, whatever has come.
 */
export async function hasUnreadInput(
  source: ByteSource,
): Promise<boolean | null> {
  let found: number | boolean | null | undefined;
  const lentRead = lent.get(source);
  const read = lentRead ?? source.read(ONE_BYTE);
  read.then((result) => found = result, () => found = false);
  for (let i = 0; i < READ_MICROTASKS && found === undefined; i++) await null;
  if (found !== undefined) return Boolean(found);
  if (lentRead !== undefined || hasInputBegun(source)) return false;
  lendRead(source, read.then(Boolean, () => false));
  return null;
}

/** In the next turn, drops what a client has sent, if it has sent anything. */
export async function dropInputIfAny(source: ByteSource): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  if (await hasUnreadInput(source)) await dropInput(source);
}

/**
 * Reads what a client still sends, and drops it: until the client closes, or is
 * lost, or has sent or taken too much.
 */
export async function dropInput(source: ByteSource): Promise<void> {
  try {
    await withinTimeLimit(readOn(source), DROP_LIMIT, "close");
  } catch {
    // The time is up, or the connection has been lost or closed.
  }
}

async function readOn(source: ByteSource): Promise<void> {
  for (let left = MOST_DROPPED; left > 0;) {
    const count = await source.read(DROPPED);
    if (!count) return; // the end
    left -= count;
  }
}
