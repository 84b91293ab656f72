import type { ActiveRequest } from "./active_request.ts";
import { clientKey } from "../listeners/client_key.ts";

/** How many requests of each client are being handled, and what else it holds. */
export class ClientCounts {
  readonly #counts = new Map<string, number>();

  /**
   * Counts a request until it has been handled.
   *
   * @returns False if its client has as many as it may have.
   */
  admit(active: ActiveRequest<unknown>, most: number): boolean {
    const key = clientKey(active.clientAddress);
    if (key === "") return true; // nobody knows whose it is
    if ((this.#counts.get(key) ?? 0) >= most) return false;
    active.takePlace(this.#take(key));
    return true;
  }

  /** Counts what is no request of a client; returns what ends that. */
  hold(clientAddress: Deno.Addr): () => void {
    return this.#take(clientKey(clientAddress));
  }

  #take(key: string): () => void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    return () => this.#giveBack(key);
  }

  #giveBack(key: string): void {
    const count = this.#counts.get(key)!;
    if (count > 1) this.#counts.set(key, count - 1);
    else this.#counts.delete(key);
  }
}
