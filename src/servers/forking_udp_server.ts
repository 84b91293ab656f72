import {
  ForkingMixIn,
  type ForkingServerConstructor,
} from "../mixins/forking_mixin.ts";
import { UDPServer } from "./udp_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const ForkingUDPServerBase: ForkingServerConstructor<
  typeof UDPServer
> = ForkingMixIn(UDPServer);

/**
 * A server of UDP datagrams, which handles them in child processes.
 *
 * See {@linkcode UDPServer} for what it needs and its options,
 * {@linkcode ForkingMixIn} for how it works and
 * {@linkcode ForkingOptions} for the options that it adds.
 *
 * @example Usage
 * ```ts ignore
 * ```
 */
export class ForkingUDPServer extends ForkingUDPServerBase {}
