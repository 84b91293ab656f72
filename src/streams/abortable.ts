/** What somebody works on who can be told to end, by a signal. */
export class Abortable {
  /** Why the work is to end, if it is. */
  #reason: Error | null = null;
  /** Made on first use: most work has none. */
  #controller: AbortController | null = null;

  /** Why the work is to end; `null` as long as it may go on. */
  get reason(): Error | null {
    return this.#reason;
  }

  /** Whether anybody has asked for the signal. */
  get hasSignal(): boolean {
    return this.#controller !== null;
  }

  /** Tells when the work is to end. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#reason !== null) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Has the work told to end, and nothing else; the first reason counts. */
  abort(reason: Error): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
