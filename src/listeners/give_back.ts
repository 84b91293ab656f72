const NOTHING = new Uint8Array();

/**
 * Gives bytes back to a connection from which too much has been read: its `read()`
 * and its `readable` give them first.
 */
export function giveBack(connection: Deno.Conn, bytes: Uint8Array): void {
  const { read } = connection;
  const prototype = Object.getPrototypeOf(connection);
  let left = bytes;
  let readable: Deno.Conn["readable"] | undefined;
  connection.read = (buffer) => {
    if (left.length === 0) return read.call(connection, buffer);
    const count = Math.min(left.length, buffer.length);
    buffer.set(left.subarray(0, count));
    left = count < left.length ? left.subarray(count) : NOTHING;
    return Promise.resolve(count);
  };
  const get = () => {
    if (readable === undefined) {
      const own = Reflect.get(prototype, "readable", connection);
      readable = left.length === 0 ? own : startingWith(left.slice(), own);
      left = NOTHING;
    }
    return readable;
  };
  Object.defineProperty(connection, "readable", { get, configurable: true });
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
