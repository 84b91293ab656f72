import { RemoteProtocolError } from "../errors.ts";
import { WINDOW } from "./frames.ts";

/** How many bytes may still be sent, and the wait for more. */
export class Outflow {
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

  /**
   * Adds what the other side grants.
   *
   * @throws {RemoteProtocolError} If it is more than has been sent.
   */
  grant(count: number): void {
    if (this.#bytes + count > WINDOW) {
      throw new RemoteProtocolError(
        `Cannot take credit as it must not exceed ${WINDOW} bytes: current value is ${
          this.#bytes + count
        }`,
      );
    }
    this.#bytes += count;
    this.wake();
  }

  /**
   * Resolves when some was granted, or when it no longer matters. Others may
   * have waited too, and have been faster: look again.
   */
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
