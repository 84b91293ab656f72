import {
  ThreadingMixIn,
  type ThreadingServerConstructor,
} from "../mixins/threading_mixin.ts";
import { UnixStreamServer } from "./unix_stream_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const ThreadingUnixStreamServerBase: ThreadingServerConstructor<
  typeof UnixStreamServer
> = ThreadingMixIn(UnixStreamServer);

/**
 * A server of Unix stream connections, which handles them on a pool of threads.
 *
 * See {@linkcode UnixStreamServer} for what it needs and its options,
 * {@linkcode ThreadingMixIn} for how it works and
 * {@linkcode ThreadingOptions} for the options that it adds.
 *
 * @example Usage
 * ```ts ignore
 * ```
 */
export class ThreadingUnixStreamServer extends ThreadingUnixStreamServerBase {}
