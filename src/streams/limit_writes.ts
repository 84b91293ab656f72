import type { ByteSink } from "../types.ts";

/**
 * Names the method of a sink that takes bytes before the client has: it is told
 * how long the client may take for each write, in seconds.
 *
 * The symbol is global, as a handler module may come with a copy of this library
 * of its own, whose `wfile` must find the method too.
 */
export const LIMIT_WRITES: unique symbol = Symbol.for(
  "@socketserver/socketserver/limitWrites",
);

/** What a sink has that takes bytes before the client has. */
interface Limited {
  [LIMIT_WRITES]?(seconds: number): void;
}

/** Tells a sink how long the client may take, if the sink has a use for it. */
export function limitWrites(sink: ByteSink & Limited, seconds: number): void {
  sink[LIMIT_WRITES]?.(seconds);
}
