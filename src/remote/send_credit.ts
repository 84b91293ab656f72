import { WINDOW } from "./frames.ts";

/** How many bytes may still be sent, and the wait for more. */
export class SendCredit {
  #bytes = WINDOW;
  #granted: PromiseWithResolvers<void> | null = null;

  /** How many bytes may be sent now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Uses up some of it. */
  spend(count: number): void {
    this.#bytes -= count;
  }

  /** Adds what the other side grants. */
  grant(count: number): void {
    this.#bytes += count;
    this.wake();
  }

  /** Resolves when there is some, or when it no longer matters. */
  async wait(): Promise<void> {
    if (this.#bytes > 0) return;
    this.#granted ??= Promise.withResolvers();
    await this.#granted.promise;
  }

  /** Ends the wait: whoever waited must see for himself what has happened. */
  wake(): void {
    this.#granted?.resolve();
    this.#granted = null;
  }
}
