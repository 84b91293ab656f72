import {
  ThreadingMixIn,
  type ThreadingServerConstructor,
} from "../mixins/threading_mixin.ts";
import { TCPServer } from "./tcp_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const ThreadingTCPServerBase: ThreadingServerConstructor<
  typeof TCPServer
> = ThreadingMixIn(TCPServer);

/**
 * A server of TCP connections, which handles them on a pool of threads.
 *
 * See {@linkcode TCPServer} for what it needs and its options,
 * {@linkcode ThreadingMixIn} for how it works and
 * {@linkcode ThreadingOptions} for the options that it adds.
 *
 * @example Usage
 * ```ts ignore
 * ```
 */
export class ThreadingTCPServer extends ThreadingTCPServerBase {}
