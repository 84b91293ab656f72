import {
  ForkingMixIn,
  type ForkingServerConstructor,
} from "../mixins/forking_mixin.ts";
import { UnixDatagramServer } from "./unix_datagram_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const ForkingUnixDatagramServerBase: ForkingServerConstructor<
  typeof UnixDatagramServer
> = ForkingMixIn(UnixDatagramServer);

/**
 * A server of Unix datagrams, which handles them in child processes.
 *
 * See {@linkcode UnixDatagramServer} for what it needs and its options,
 * {@linkcode ForkingMixIn} for how it works and
 * {@linkcode ForkingOptions} for the options that it adds.
 *
 * @example Usage
 * ```ts ignore
 * ```
 */
export class ForkingUnixDatagramServer extends ForkingUnixDatagramServerBase {}
