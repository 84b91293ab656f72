/** Bytes that a connection has been given back. */
interface Returned {
  left: Uint8Array;
  /** Called when there are none any more. */
  readonly usedUp: () => void;
  readable: Deno.Conn["readable"] | null;
}

/** Where a connection has them. */
const RETURNED = Symbol("socketserver.returned");

/**
 * One accessor serves all connections. Each with one of its own would be of a
 * kind of its own, slow to use and to collect: a fifth of what a new connection
 * takes in all.
 */
const READABLE: PropertyDescriptor & ThisType<{ [RETURNED]: Returned }> = {
  configurable: true,
  get() {
    const returned = this[RETURNED];
    return returned.readable ??= readableOf(this, returned);
  },
};

/**
 * Gives bytes back to a connection from which too much has been read: its `read()`
 * and its `readable` give them first.
 *
 * @param usedUp Called when the bytes are needed no more.
 */
export function giveBack(
  connection: Deno.Conn & { [RETURNED]?: Returned },
  bytes: Uint8Array,
  usedUp: () => void,
): void {
  const { read } = connection;
  const returned: Returned = { left: bytes, usedUp, readable: null };
  connection.read = (buffer) => {
    const { left } = returned;
    if (left.length === 0) return read.call(connection, buffer);
    const count = Math.min(left.length, buffer.length);
    buffer.set(left.subarray(0, count));
    take(returned, count);
    return Promise.resolve(count);
  };
  connection[RETURNED] = returned;
  Object.defineProperty(connection, "readable", READABLE);
}

function readableOf(
  connection: object,
  returned: Returned,
): Deno.Conn["readable"] {
  const prototype = Object.getPrototypeOf(connection);
  const own = Reflect.get(prototype, "readable", connection);
  if (returned.left.length === 0) return own;
  const bytes = returned.left.slice();
  take(returned, bytes.length);
  return startingWith(bytes, own);
}

function take(returned: Returned, count: number): void {
  returned.left = returned.left.subarray(count);
  if (returned.left.length === 0) returned.usedUp();
}

/** A stream of bytes, as that of a connection is. */
function startingWith(
  bytes: Uint8Array<ArrayBuffer>,
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  return new ReadableStream({
    type: "bytes",
    start: (controller) => controller.enqueue(bytes),
    async pull(controller) {
      const { done, value } = await reader.read();
      if (!done) return controller.enqueue(value);
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
