import {
  ForkingMixIn,
  type ForkingServerConstructor,
} from "../mixins/forking_mixin.ts";
import { TCPServer } from "./tcp_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const ForkingTCPServerBase: ForkingServerConstructor<
  typeof TCPServer
> = ForkingMixIn(TCPServer);

/**
 * A server of TCP connections, which handles them in child processes.
 *
 * See {@linkcode TCPServer} for what it needs and its options,
 * {@linkcode ForkingMixIn} for how it works and
 * {@linkcode ForkingOptions} for the options that it adds.
 *
 * @example Usage
 * ```ts ignore
 * ```
 */
export class ForkingTCPServer extends ForkingTCPServerBase {}
