// deno-lint-ignore-file no-console -- standard error is what is looked at

/** Keeps what is printed to standard error, until it is disposed of. */
export class CapturedErrors implements Disposable {
  /** What was printed, one item for each call. */
  readonly printed: string[] = [];
  readonly #original = console.error;
  readonly #first = Promise.withResolvers<void>();

  constructor() {
    console.error = (...values: unknown[]) => {
      this.printed.push(values.join(" "));
      this.#first.resolve();
    };
  }

  /** Resolves when something has been printed. */
  get first(): Promise<void> {
    return this.#first.promise;
  }

  [Symbol.dispose](): void {
    console.error = this.#original;
  }
}
