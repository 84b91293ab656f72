import type { ActiveRequest } from "./active_request.ts";
import { clientKey } from "../listeners/client_key.ts";

/** How many requests of each client are being handled. */
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
    const count = this.#counts.get(key) ?? 0;
    if (count >= most) return false;
    this.#counts.set(key, count + 1);
    active.takePlace(() => this.#giveBack(key));
    return true;
  }

  #giveBack(key: string): void {
    const count = this.#counts.get(key)!;
    if (count > 1) this.#counts.set(key, count - 1);
    else this.#counts.delete(key);
  }
}
