import {
  ThreadingMixIn,
  type ThreadingServerConstructor,
} from "../mixins/threading_mixin.ts";
import { UDPServer } from "./udp_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const ThreadingUDPServerBase: ThreadingServerConstructor<
  typeof UDPServer
> = ThreadingMixIn(UDPServer);

/**
 * A server of UDP datagrams, which handles them on a pool of threads.
 *
 * See {@linkcode UDPServer} for what it needs and its options,
 * {@linkcode ThreadingMixIn} for how it works and
 * {@linkcode ThreadingOptions} for the options that it adds.
 *
 * @example Usage
 * ```ts ignore
 * ```
 */
export class ThreadingUDPServer extends ThreadingUDPServerBase {}
