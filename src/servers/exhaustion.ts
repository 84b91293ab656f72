/** No descriptor, no buffer or no memory is left: it passes, when requests end. */
const CODES = new Set<unknown>(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);
/** The same in words, where the platform gives no code, as for an import. */
const WORDS = /\(os error (?:12|23|24|105)\)/;
/** How the platform says that no further process can be made. */
const SPAWN_FAILED = "Failed to spawn";
/**
 * How long after the last lack a further one belongs to the same shortage, in
 * milliseconds: twice the longest pause between two attempts.
 */
const QUIET_MS = 2000;

/**
 * Whether an error says that the system has no descriptor, memory or process
 * left to give. Never throws, whatever the error is.
 */
export function isExhaustion(error: unknown): boolean {
  try {
    const { code, message } = error as { code?: unknown; message?: unknown };
    if (CODES.has(code)) return true;
    if (typeof message !== "string") return false;
    if (code === "EAGAIN") return message.startsWith(SPAWN_FAILED);
    return WORDS.test(message);
  } catch {
    return false; // nothing can be read of it
  }
}

/** The shortages of servers: loop and executor of one meet with the same. */
const shortages = new WeakMap<object, Shortage>();

/** Knows which lack of resources is news, so that each shortage is told once. */
export class Shortage {
  readonly #clock: () => number;
  #last = -Infinity;

  /** Creates an instance with a clock, in milliseconds. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** The one of a server, whoever of its parts asks for it. */
  static of(server: object): Shortage {
    const known = shortages.get(server);
    if (known !== undefined) return known;
    const shortage = new Shortage();
    shortages.set(server, shortage);
    return shortage;
  }

  /** Whether one has been met with a moment ago. */
  get lasts(): boolean {
    return this.#clock() - this.#last <= QUIET_MS;
  }

  /** Notes a lack of resources; returns whether a shortage begins with it. */
  begins(): boolean {
    const isNews = !this.lasts;
    this.#last = this.#clock();
    return isNews;
  }
}
