import {
  ForkingMixIn,
  type ForkingServerConstructor,
} from "../mixins/forking_mixin.ts";
import { UnixStreamServer } from "./unix_stream_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const ForkingUnixStreamServerBase: ForkingServerConstructor<
  typeof UnixStreamServer
> = ForkingMixIn(UnixStreamServer);

/**
 * A server of Unix stream connections, which handles them in child processes.
 *
 * See {@linkcode UnixStreamServer} for what it needs and its options,
 * {@linkcode ForkingMixIn} for how it works and
 * {@linkcode ForkingOptions} for the options that it adds.
 *
 * @example Usage
 * ```ts ignore
 * ```
 */
export class ForkingUnixStreamServer extends ForkingUnixStreamServerBase {}
