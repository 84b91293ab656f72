/** What honest clients saw. */
export interface TallyRecord {
  readonly asked: number;
  readonly answered: number;
  /** What went wrong, and when it was begun, in milliseconds since 1970. */
  readonly lost: readonly { readonly at: number; readonly why: string }[];
  /**
   * Milliseconds from a question to its answer: half took less, 99 of 100; nothing
   * if nothing was answered.
   */
  readonly p50?: number;
  readonly p99?: number;
}

/** Two records in one; the times are the worse ones. */
export function joined(a: TallyRecord, b: TallyRecord): TallyRecord {
  return {
    asked: a.asked + b.asked,
    answered: a.answered + b.answered,
    lost: [...a.lost, ...b.lost],
    p50: Math.max(a.p50 ?? 0, b.p50 ?? 0),
    p99: Math.max(a.p99 ?? 0, b.p99 ?? 0),
  };
}

/** Counts what honest clients see. */
export class Tally {
  #asked = 0;
  #lost: { at: number; why: string }[] = [];
  #times: number[] = [];

  /** Asks something; the answer must be right. */
  async ask(
    question: () => Promise<string | null>,
    expected: string,
  ): Promise<boolean> {
    const start = performance.now();
    const at = Date.now();
    try {
      const answer = await question().finally(() => this.#asked++);
      if (answer === expected) {
        this.#times.push(performance.now() - start);
        return true;
      }
      this.lose(`the answer was ${shown(answer)}, not ${shown(expected)}`, at);
    } catch (error) {
      this.lose(`${error}`, at);
    }
    return false;
  }

  /** Notes a loss. */
  lose(why: string, at = Date.now()): void {
    this.#lost.push({ at, why });
  }

  /** Gives what has been counted, and begins anew. */
  take(): TallyRecord {
    const times = this.#times.sort((a, b) => a - b);
    const record = {
      asked: this.#asked,
      answered: times.length,
      lost: this.#lost,
      p50: times[Math.floor(times.length * 0.5)]!,
      p99: times[Math.floor(times.length * 0.99)]!,
    };
    [this.#asked, this.#lost, this.#times] = [0, [], []];
    return record;
  }
}

function shown(text: string | null): string {
  return JSON.stringify(text?.slice(0, 60) ?? null);
}
