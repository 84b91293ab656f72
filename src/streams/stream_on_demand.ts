/** A class of streams, of the platform's. */
interface StreamClass<Stream> {
  readonly prototype: Stream;
}

/**
 * The base of a class whose instances are streams, but are not built as such
 * before somebody uses them so.
 */
export type StreamOnDemand<Stream> = new (build: () => Stream) => Stream;

/**
 * Makes a base class: its instances count as streams of the platform, by
 * `instanceof` and to every function that takes a stream, though the stream
 * itself is only built when it is needed.
 *
 * A stream of Deno's takes longer to be built than a short request takes to be
 * answered, and its code some milliseconds to be loaded, which a new child
 * process has to wait for. Most handlers never need one.
 *
 * What is missing on an instance is looked up here, behind its prototype. The
 * platform's own methods are those of the stream that is then built. What the
 * platform looks up by symbols of its own is that stream's state: from then on
 * the instance shares it.
 *
 * @param platformClass Finds the class of streams: to name it is to load it.
 */
export function streamOnDemand<Stream extends object>(
  platformClass: () => StreamClass<Stream>,
): StreamOnDemand<Stream> {
  class OnDemand {
    readonly #build: () => Stream;
    #stream: Stream | null = null;

    constructor(build: () => Stream) {
      this.#build = build;
    }

    /** The stream behind an instance; `null` for any other object. */
    static streamOf(object: object): Stream | null {
      if (!(#stream in object)) return null;
      return object.#stream ??= shared(object.#build(), object);
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
  return OnDemand as unknown as StreamOnDemand<Stream>;
}

/** Gives an object the state of a stream, which stays where it is. */
function shared<Stream extends object>(stream: Stream, object: object): Stream {
  for (const key of Object.getOwnPropertySymbols(stream)) {
    Object.defineProperty(object, key, {
      get: () => Reflect.get(stream, key),
      set: (value) => Reflect.set(stream, key, value),
    });
  }
  return stream;
}
