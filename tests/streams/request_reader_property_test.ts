import { assert, assertRejects, fail } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  type ByteSource,
  LineTooLongError,
  RequestReader,
  UnexpectedEof,
} from "@socketserver/socketserver";

/** Set it to the seed of a failed case to run that case first. */
const SEED_VARIABLE = "SOCKETSERVER_SEED";
const CASES = 30_000;

/** Gives whole numbers from 0 up to, and without, `below`. */
type Random = (below: number) => number;

/** A generator that gives the same numbers for the same seed (mulberry32). */
function seededRandom(seed: number): Random {
  return (below) => {
    seed = (seed + 0x6D2B79F5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const PIECES = [..."abcdefgh", "\n", "\r\n", "\r", "é", "€", "😀", "\uFEFF"];

/** What clients send: a slice of this, often one that cuts characters. */
const corpus = (() => {
  const random = seededRandom(0);
  const pieces = Array.from(
    { length: 300_000 },
    () => PIECES[random(PIECES.length)]!,
  );
  return new TextEncoder().encode(pieces.join(""));
})();

const delimiters = ["\n", "\r\n", "a", "ab", "aba", "é", "€\n"]
  .map((text) => new TextEncoder().encode(text));

const NOTHING = new Uint8Array(0);

/** The bytes that the client sent, and how many of them have been received. */
class Sent implements ByteSource {
  readonly bytes: Uint8Array;
  readonly #random: Random;
  readonly #largestChunk: number;
  #given = 0;
  #reading = false;
  #received = 0;

  constructor(random: Random) {
    const length = sizeOf(random);
    const from = random(corpus.length - length);
    this.bytes = corpus.subarray(from, from + length);
    this.#random = random;
    // Byte by byte would take a long input too long.
    const sizes = length < 60 ? [1, 3, 20, Infinity] : [500, Infinity];
    this.#largestChunk = sizes[random(sizes.length)]!;
  }

  /** Comes after a random number of turns with a random number of bytes. */
  async read(buffer: Uint8Array): Promise<number | null> {
    assert(!this.#reading, "Two reads at a time");
    assert(buffer.length > 0, "No room to read into");
    this.#reading = true;
    await turns(this.#random(4));
    this.#reading = false;
    if (this.#given === this.bytes.length) return null;
    const most = Math.min(buffer.length, this.#largestChunk);
    const chunk = this.bytes.subarray(
      this.#given,
      this.#given + 1 + this.#random(most),
    );
    buffer.set(chunk);
    this.#given += chunk.length;
    return chunk.length;
  }

  /** What has not been received. */
  get left(): Uint8Array {
    return this.bytes.subarray(this.#received);
  }

  /** Whether these bytes are the next ones. */
  isNext(bytes: Uint8Array): boolean {
    const { left } = this;
    if (bytes.length > left.length) return false;
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] !== left[i]) return false;
    }
    return true;
  }

  /** Checks that the bytes are the next ones; spoils them, as a caller may. */
  receive(bytes: Uint8Array): void {
    if (!this.isNext(bytes)) {
      fail(`From byte ${this.#received} on: ${bytes} is not ${this.left}`);
    }
    this.#received += bytes.length;
    bytes.fill(0);
    // A caller may also send them to a worker, which takes them away.
    if (this.#random(2) === 0) (bytes.buffer as ArrayBuffer).transfer();
  }

  /** Checks that nothing is left. */
  end(): void {
    const { length } = this.left;
    assert(length === 0, `The end, ${length} bytes too early`);
  }

  /** Goes on behind bytes that were received as text, or skipped. */
  skip(count: number): void {
    this.#received += count;
  }
}

/** Mostly short, as most requests are; at times beyond the largest buffer. */
function sizeOf(random: Random): number {
  const kind = random(500);
  if (kind === 0) return random(200_000);
  return random(kind < 20 ? 5_000 : 60);
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await null;
}

/** What to do with a reader, next. */
type Step = (
  rfile: RequestReader,
  sent: Sent,
  random: Random,
) => Promise<void>;

const read: Step = async (rfile, sent, random) => {
  const max = random(3) === 0 ? Infinity : 1 + sizeOf(random);
  const bytes = await rfile.read(max);
  if (bytes === null) return sent.end();
  const { length } = bytes;
  assert(length > 0 && length <= max, `read(${max}) gives ${length} bytes`);
  sent.receive(bytes);
};

const readExactly: Step = async (rfile, sent, random) => {
  const count = sizeOf(random);
  if (count > 0 && sent.left.length === 0) {
    assert(await rfile.readExactly(count) === null, "No null at the end");
    return;
  }
  if (count > sent.left.length) {
    const { partial } = await assertRejects(
      () => rfile.readExactly(count),
      UnexpectedEof,
    );
    sent.receive(partial);
    return sent.end();
  }
  const bytes = (await rfile.readExactly(count))!;
  const { length } = bytes;
  assert(length === count, `readExactly(${count}) gives ${length} bytes`);
  sent.receive(bytes);
};

const readUntil: Step = async (rfile, sent, random) => {
  const delimiter = delimiters[random(delimiters.length)]!;
  const at = indexOf(sent.left, delimiter);
  const limit = rfile.maxLineLength = random(3) === 0 ? 100_000 : 20;
  const length = at === -1 ? sent.left.length : at + delimiter.length;
  try {
    const bytes = await rfile.readUntil(delimiter);
    if (bytes === null) return sent.end();
    assert(at !== -1, "A delimiter that was not sent");
    assert(at <= limit, `${at} bytes before the delimiter`);
    assert(bytes.length === length, `${bytes.length} bytes, not ${length}`);
    sent.receive(bytes);
  } catch (error) {
    if (error instanceof LineTooLongError) {
      assert((at === -1 ? length : at) > limit, `${at} bytes are too many`);
      return sent.skip(length);
    }
    assert(error instanceof UnexpectedEof, `${error}`);
    assert(at === -1, "The delimiter was not found");
    sent.receive(error.partial);
    sent.end();
  }
};

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = 0; at < bytes.length; at++) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Checks a line against the bytes that it must have been made of. */
function receiveLine(sent: Sent, line: string | null): void {
  if (line === null) return sent.end();
  const feed = sent.left.indexOf(10);
  const ended = feed !== -1;
  const whole = ended ? sent.left.subarray(0, feed + 1) : sent.left;
  const width = !ended ? 0 : whole.at(-2) === 13 ? 2 : 1;
  const expected = decoder.decode(whole.subarray(0, whole.length - width));
  assert(line === expected, "A wrong line");
  sent.skip(whole.length);
}

const readLine: Step = async (rfile, sent) => {
  rfile.maxLineLength = 100_000;
  receiveLine(sent, await rfile.readLine());
};

const readShortLine: Step = async (rfile, sent) => {
  rfile.maxLineLength = 7;
  try {
    receiveLine(sent, await rfile.readLine());
  } catch (error) {
    if (!(error instanceof LineTooLongError)) throw error;
    const text = decoder.decode(sent.left).match(/^.*?(?=\r?\n|$)/su)![0];
    assert(new TextEncoder().encode(text).length > 7, `"${text}" is not long`);
    const feed = sent.left.indexOf(10);
    sent.skip(feed === -1 ? sent.left.length : feed + 1);
  }
};

const iterateLines: Step = async (rfile, sent, random) => {
  rfile.maxLineLength = 100_000;
  let wanted = 1 + random(4);
  for await (const line of rfile.lines()) {
    receiveLine(sent, line);
    if (--wanted === 0) return;
  }
  sent.end();
};

const readStream: Step = async (rfile, sent) => {
  const reader = rfile.getReader();
  receiveChunk(sent, await reader.read());
  reader.releaseLock();
};

function receiveChunk(
  sent: Sent,
  result: { done: boolean; value?: Uint8Array | undefined },
): void {
  if (result.done) return sent.end();
  assert(result.value!.length > 0, "An empty chunk");
  sent.receive(result.value!);
}

const readOwnBuffer: Step = async (rfile, sent, random) => {
  const reader = rfile.getReader({ mode: "byob" });
  receiveChunk(sent, await reader.read(new Uint8Array(1 + sizeOf(random))));
  reader.releaseLock();
};

const iterateStream: Step = async (rfile, sent, random) => {
  let wanted = 1 + random(4);
  for await (const chunk of rfile.values({ preventCancel: true })) {
    sent.receive(chunk);
    if (--wanted === 0) return;
  }
  sent.end();
};

/** The reader asks for bytes and goes before, or just when, they come. */
const releaseEarly: Step = async (rfile, sent, random) => {
  const own = random(2) === 0;
  const reader = own ? rfile.getReader({ mode: "byob" }) : rfile.getReader();
  const reading = reader instanceof ReadableStreamBYOBReader
    ? reader.read(new Uint8Array(1 + sizeOf(random)))
    : reader.read();
  const outcome = reading.then(
    (result) => receiveChunk(sent, result),
    (error) => assert(error instanceof TypeError, `${error}`),
  );
  await turns(random(8));
  reader.releaseLock();
  await outcome;
};

/** The second call is refused, unless the first had no need to wait. */
const overlapMethods: Step = async (rfile, sent) => {
  const reads = await Promise.allSettled([rfile.read(), rfile.read(9)]);
  for (const read of reads) {
    if (read.status === "rejected") {
      assert(read.reason instanceof Deno.errors.Busy, `${read.reason}`);
    } else if (read.value === null) {
      sent.end();
    } else {
      sent.receive(read.value);
    }
  }
};

const callWhileLocked: Step = async (rfile) => {
  const reader = rfile.getReader();
  await assertRejects(() => rfile.readLine(), TypeError);
  reader.releaseLock();
};

/** The stream waits for the method, or the method for the stream. */
const overlapStream: Step = async (rfile, sent, random) => {
  const method = rfile.readExactly(1 + random(20))
    .catch((error) => {
      if (error instanceof UnexpectedEof) return error.partial;
      // What was asked for earlier, and released, is in the stream.
      assert(error instanceof TypeError, `${error}`);
      return NOTHING;
    });
  const reader = rfile.getReader();
  const { value = NOTHING } = await reader.read();
  const bytes = await method ?? NOTHING;
  reader.releaseLock();
  const methodFirst = new Uint8Array([...bytes, ...value]);
  const streamFirst = new Uint8Array([...value, ...bytes]);
  sent.receive(sent.isNext(methodFirst) ? methodFirst : streamFirst);
};

const ABORTED = new Error("aborted");

/** A read is aborted, and another call begins at once. */
const abortRead: Step = async (rfile, sent, random) => {
  rfile.maxLineLength = 100_000;
  const controller = new AbortController();
  const { signal } = controller;
  let next: Promise<Uint8Array | null> | undefined;
  const readNext = () => {
    next = rfile.read(1 + random(20));
  };
  const order = random(4);
  if (order === 0) signal.addEventListener("abort", readNext);
  const kind = random(5);
  const first = [
    () => rfile.readLine({ signal }),
    () => rfile.lines({ signal }).next().then(({ value = null }) => value),
    () => rfile.read(1 + random(20), { signal }),
    () => rfile.readExactly(1 + random(20), { signal }),
    () => rfile.readUntil("\n", { signal }),
  ][kind]!().catch((error) => {
    if (error instanceof UnexpectedEof) return error.partial;
    // What was asked for earlier, and released, is in the stream.
    assert(error === ABORTED || error instanceof TypeError, `${error}`);
    return new Uint8Array(0);
  });
  if (order === 1) signal.addEventListener("abort", readNext);
  await turns(random(8));
  const asked = kind < 2 || random(3) > 0
    ? NOTHING
    : await askAndRelease(rfile, random);
  controller.abort(ABORTED);
  if (order === 2) readNext();
  const result = await first;
  if (order === 3) readNext();
  if (typeof result === "string") {
    receiveLine(sent, result);
  } else {
    const bytes = result ?? NOTHING;
    const methodFirst = new Uint8Array([...bytes, ...asked]);
    const streamFirst = new Uint8Array([...asked, ...bytes]);
    sent.receive(sent.isNext(methodFirst) ? methodFirst : streamFirst);
    if (result === null) sent.end();
  }
  const bytes = await next!;
  if (bytes === null) sent.end();
  else sent.receive(bytes);
};

/** Asks the stream, and leaves: mostly before the bytes come. */
async function askAndRelease(
  rfile: RequestReader,
  random: Random,
): Promise<Uint8Array> {
  if (rfile.locked) return new Uint8Array(0); // bytes are being taken back
  const reader = rfile.getReader();
  const reading = reader.read().then(({ value = new Uint8Array(0) }) => value)
    .catch((error) => {
      assert(error instanceof TypeError, `${error}`);
      return new Uint8Array(0);
    });
  await turns(random(4));
  reader.releaseLock();
  return await reading;
}

const steps: readonly Step[] = [
  read,
  readExactly,
  readUntil,
  readLine,
  readShortLine,
  iterateLines,
  readStream,
  readOwnBuffer,
  iterateStream,
  releaseEarly,
  overlapMethods,
  callWhileLocked,
  overlapStream,
  abortRead,
];

const drainByMethod: Step = async (rfile, sent) => {
  for (;;) {
    const bytes = await rfile.read();
    if (bytes === null) return;
    sent.receive(bytes);
  }
};

const drainByPipe: Step = async (rfile, sent) => {
  await rfile.pipeTo(
    new WritableStream({ write: (chunk) => sent.receive(chunk) }),
  );
};

const drainByTee: Step = async (rfile, sent) => {
  const [one, other] = rfile.tee();
  const twice = await Promise.all(
    [one, other].map((branch) => Array.fromAsync(branch)),
  );
  const texts = twice.map((chunks) => chunks.map(String).join());
  assert(texts[0] === texts[1], "The branches differ");
  for (const chunk of twice[0]!) sent.receive(chunk);
};

/** Two of eight take the ways that cost ten times as much. */
const drains: readonly Step[] = [
  ...Array.from({ length: 6 }, () => drainByMethod),
  drainByPipe,
  drainByTee,
];

async function runCase(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const sent = new Sent(random);
  const sizes = sent.left.length < 60 ? [-1, 0, 1, 7, 100] : [-1, 0, 1000];
  const bufferSize = sizes[random(sizes.length)]!;
  const rfile = new RequestReader(sent, { bufferSize });
  const trail: string[] = [];
  try {
    for (let count = random(8); count > 0; count--) {
      const step = steps[random(steps.length)]!;
      trail.push(step.name);
      await step(rfile, sent, random);
    }
    const drain = drains[random(drains.length)]!;
    trail.push(drain.name);
    await drain(rfile, sent, random);
    sent.end();
  } catch (error) {
    const path = `bufferSize ${bufferSize}: ${trail.join(", ")}`;
    throw new Error(
      `Run again with ${SEED_VARIABLE}=${seed} (${path})`,
      { cause: error },
    );
  }
}

Deno.test("RequestReader gives the bytes that were sent, in order, whatever the mix of calls", async () => {
  const given = Deno.env.get(SEED_VARIABLE);
  const first = given === undefined
    ? crypto.getRandomValues(new Uint32Array(1))[0]!
    : Number(given);
  let seed = first;
  const runAll = async () => {
    for (; seed < first + CASES; seed++) await runCase(seed);
  };
  await deadline(runAll(), 120_000).catch((error) => {
    if (!(error instanceof DOMException)) throw error;
    throw new Error(`${SEED_VARIABLE}=${seed} hangs`, { cause: error });
  });
});
