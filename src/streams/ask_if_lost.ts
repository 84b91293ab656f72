import type { ByteSink } from "../types.ts";
import { withinTimeLimit } from "./time_limit.ts";

/** How long it may take to find out whether a client is lost, in seconds. */
const ASKING_LIMIT = 0.25;
const NOTHING = new Uint8Array(0);

/**
 * Asks a connection whether its client is lost, by a write of nothing.
 *
 * @throws {unknown} What the write says: the client is lost, or the connection
 * has been closed here.
 * @throws {Deno.errors.TimedOut} If the client is slow to take what was written
 * before, so that nothing is known.
 */
export async function askIfLost(
  connection: Pick<ByteSink, "write">,
): Promise<void> {
  await withinTimeLimit(connection.write(NOTHING), ASKING_LIMIT, "write");
}
