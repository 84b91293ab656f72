import { isSocketGone } from "./accept_errors.ts";
import { ServerHooks } from "./server_hooks.ts";

/**
 * What a server asks of its transport, beside the hooks of {@linkcode ServerHooks}:
 * for servers of one's own kind. A server without a socket needs none of it.
 *
 * @typeParam Request What `getRequest()` yields, and handlers are given.
 */
export abstract class TransportHooks<Request> extends ServerHooks<Request> {
  /**
   * To be overridden where there is a socket: closes it, and resolves when its
   * address is free. Called once, by `serverClose()`, which rejects with what it
   * throws.
   */
  protected closeListener(): void | Promise<void> {}

  /**
   * Whether handlers reply through the listener. Asked by `serverClose()`, which
   * closes it after them then.
   */
  protected get repliesByListener(): boolean {
    return false;
  }

  /**
   * To be overridden where there is a socket: says whether it is to keep the
   * program alive. Called when serving begins and ends, which rejects with what it
   * throws, and by `serverClose()`.
   */
  protected keepAlive(_program: boolean): void {}

  /**
   * Whether an error of `getRequest()` says that the server's own socket is no
   * more. Any other error is a client's doing, or passes: the server goes on.
   *
   * By default `Deno.errors.BadResource` says so, `Deno.errors.Interrupted`, and
   * the codes EBADF, ENOTSOCK and EINVAL. A server with a socket knows better: an
   * overridden `getRequest()` may throw the same because of one client's
   * connection.
   */
  protected isListenerGone(error: unknown): boolean | Promise<boolean> {
    return isSocketGone(error);
  }

  /**
   * To be overridden where `getRequest()` gives out what must be closed. Called
   * when the loop has taken what `getRequest()` returned.
   */
  protected requestTaken(): void {}

  /**
   * To be overridden where `getRequest()` gives out what must be closed: closes
   * what the loop has not taken. Called after each error of `getRequest()`, as an
   * override may have thrown after a call of the base's, and when the server is
   * closed, as an override may wait for ever for what a silent client says.
   */
  protected releaseUntaken(): void {}
}
