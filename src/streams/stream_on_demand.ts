import { isKnownRelease } from "../known_release.ts";

/** A class of the platform's streams. */
interface StreamClass<Stream, Underlying> {
  new (underlying?: Underlying): Stream;
  readonly prototype: Stream;
}

/** What locks a stream of the platform's. */
interface Lock {
  releaseLock(): void;
}

const HOLD = Symbol("hold");
const RELEASE = Symbol("release");

/** What a stream has that may not be built yet. */
interface Holdable {
  [HOLD]?(): boolean;
  [RELEASE]?(): void;
}

/**
 * Locks a stream without building it, for somebody who reads or writes past it.
 *
 * @returns False if the stream has been built, or held, before.
 */
export function hold(stream: object & Holdable): boolean {
  return stream[HOLD]?.() ?? false;
}

/** Unlocks a stream that is held. */
export function release(stream: object & Holdable): void {
  stream[RELEASE]?.();
}

/**
 * What the Streams standard calls the underlying source or sink, or a function
 * that makes it. The function may run before there is a `this`: only the methods
 * that it makes may use it.
 */
type Given<Underlying> = Underlying | (() => Underlying);

/** The base of a class whose instances are streams of the platform's. */
export type StreamOnDemand<Stream, Underlying extends object> = new (
  underlying: Given<Underlying>,
) => Stream;

/**
 * Makes the base of a class of streams that costs little as long as it is not
 * used as one.
 *
 * The instances are streams by `instanceof`, and to every function that takes
 * a stream. But the stream itself is built when an instance is first used so,
 * and the code of streams is loaded then too. Most handlers never need either.
 * With Deno 2.9.6 (medians; CPU time is the server's or the child's own):
 *
 * | | on demand | at once |
 * | --- | --- | --- |
 * | CPU time of a new connection that sends a line | 44 µs | 51 µs |
 * | memory of an idle connection | 11.1 KB | 13.2 KB |
 * | CPU time of a child process until it is ready | 19.9 ms | 22.0 ms |
 *
 * It stands on something that Deno does not promise: streams keep their state
 * under symbols, so another object can share it. Where they do not, the class
 * is an ordinary subclass of the platform's.
 *
 * @param platformClass Finds the class of streams: naming the class loads it.
 */
export function streamOnDemand<
  Stream extends ReadableStream | WritableStream,
  Underlying extends object,
>(
  platformClass: () => StreamClass<Stream, Underlying>,
): StreamOnDemand<Stream, Underlying> {
  // Elsewhere it is tried out, and for that the code of streams has to be loaded.
  return isKnownRelease() || canShareState(platformClass())
    ? builtOnDemand(platformClass)
    : builtAtOnce(platformClass());
}

/**
 * What is missing on an instance is looked up behind its prototype, here. The
 * platform's own methods are those of the stream that is then built. Whatever
 * the platform looks up by symbols of its own is that stream's state: from then
 * on the instance shares it.
 */
function builtOnDemand<
  Stream extends ReadableStream | WritableStream,
  Underlying extends object,
>(
  platformClass: () => StreamClass<Stream, Underlying>,
): StreamOnDemand<Stream, Underlying> {
  class OnDemand {
    readonly #underlying: Given<Underlying>;
    #stream: Stream | null = null;
    /** What holds the stream, and its lock if it has been built meanwhile. */
    #hold: { lock: Lock | null } | null = null;

    constructor(underlying: Given<Underlying>) {
      this.#underlying = underlying;
    }

    /** A stream that has not been built is not locked, unless it is held. */
    get locked(): boolean {
      return this.#stream === null ? this.#hold !== null : this.#stream.locked;
    }

    [HOLD](): boolean {
      if (this.#stream !== null || this.#hold !== null) return false;
      this.#hold = { lock: null };
      return true;
    }

    [RELEASE](): void {
      this.#hold?.lock?.releaseLock();
      this.#hold = null;
    }

    /** The stream behind an instance; `null` for any other object. */
    static streamOf(object: object): Stream | null {
      if (!(#stream in object)) return null;
      if (object.#stream === null) {
        object.#stream = new (platformClass())(made(object.#underlying));
        shareState(object.#stream, object);
        if (object.#hold !== null) object.#hold.lock = lockOf(object.#stream);
      }
      return object.#stream;
    }
  }
  const lookup: ProxyHandler<object> = {
    getPrototypeOf: () => platformClass().prototype,
    has: (_, key) => key in platformClass().prototype,
    get(_, key, instance) {
      const { prototype } = platformClass();
      // The rest are the properties of all objects.
      const concernsStream = Object.hasOwn(prototype, key) ||
        (typeof key === "symbol" && !(key in prototype));
      const stream = concernsStream ? OnDemand.streamOf(instance) : null;
      if (stream === null) return Reflect.get(prototype, key, instance);
      const value = Reflect.get(stream, key);
      return typeof value === "function" ? value.bind(stream) : value;
    },
  };
  Object.setPrototypeOf(OnDemand.prototype, new Proxy({}, lookup));
  return OnDemand as unknown as StreamOnDemand<Stream, Underlying>;
}

function builtAtOnce<Stream, Underlying extends object>(
  platformClass: StreamClass<Stream, Underlying>,
): StreamOnDemand<Stream, Underlying> {
  const Base = platformClass as StreamClass<object, Underlying>;
  class AtOnce extends Base {
    constructor(underlying: Given<Underlying>) {
      super(made(underlying));
    }
  }
  return AtOnce as unknown as StreamOnDemand<Stream, Underlying>;
}

function made<Underlying extends object>(
  given: Given<Underlying>,
): Underlying {
  return typeof given === "function" ? given() : given;
}

function lockOf(stream: ReadableStream | WritableStream): Lock {
  return "getReader" in stream ? stream.getReader() : stream.getWriter();
}

/** Gives an object the state of a stream, which stays where it is. */
function shareState(stream: object, object: object): void {
  for (const key of Object.getOwnPropertySymbols(stream)) {
    Object.defineProperty(object, key, {
      get: () => Reflect.get(stream, key),
      set: (value) => Reflect.set(stream, key, value),
    });
  }
}

/** Whether an object that shares a stream's state is locked as the stream is. */
function canShareState<Stream extends ReadableStream | WritableStream>(
  platformClass: StreamClass<Stream, never>,
): boolean {
  const stream = new platformClass();
  const object = Object.create(platformClass.prototype);
  shareState(stream, object);
  try {
    if (object.locked) return false;
    lockOf(stream);
    return object.locked;
  } catch {
    return false; // to the platform, the object is no stream
  }
}
