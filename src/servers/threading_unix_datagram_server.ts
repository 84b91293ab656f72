import {
  ThreadingMixIn,
  type ThreadingServerConstructor,
} from "../mixins/threading_mixin.ts";
import { UnixDatagramServer } from "./unix_datagram_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const ThreadingUnixDatagramServerBase: ThreadingServerConstructor<
  typeof UnixDatagramServer
> = ThreadingMixIn(UnixDatagramServer);

/**
 * A server of Unix datagrams, which handles them on a pool of threads.
 *
 * See {@linkcode UnixDatagramServer} for what it needs and its options,
 * {@linkcode ThreadingMixIn} for how it works and
 * {@linkcode ThreadingOptions} for the options that it adds.
 *
 * @example Usage
 * ```ts ignore
 * ```
 */
export class ThreadingUnixDatagramServer
  extends ThreadingUnixDatagramServerBase {}
