import { dataBytes } from "../streams/argument_checks.ts";
import type { ByteSink, ByteSource } from "../types.ts";

/** How much is read at once, as Deno has it. */
const CHUNK_SIZE = 65_536;

/**
 * What comes over a connection as a stream. As that of `Deno.TcpConn`, it closes
 * the whole connection at its end, where it fails, and where it is cancelled.
 */
export function readableOf(
  connection: ByteSource & Disposable,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK_SIZE,
    async pull(controller) {
      const request = controller.byobRequest!;
      try {
        const count = await connection.read(request.view as Uint8Array);
        if (count !== null) return request.respond(count);
      } catch (error) {
        connection[Symbol.dispose]();
        throw error;
      }
      connection[Symbol.dispose]();
      controller.close();
      request.respond(0);
    },
    cancel: () => connection[Symbol.dispose](),
  });
}

/**
 * The way out of a connection as a stream. As that of `Deno.TcpConn`, it closes
 * the whole connection where it is closed or aborted, and where it fails.
 */
export function writableOf(
  connection: Pick<ByteSink, "write"> & Disposable,
): WritableStream<Uint8Array<ArrayBufferLike>> {
  return new WritableStream({
    async write(chunk) {
      try {
        await connection.write(dataBytes(chunk));
      } catch (error) {
        connection[Symbol.dispose]();
        throw error;
      }
    },
    close: () => connection[Symbol.dispose](),
    abort: () => connection[Symbol.dispose](),
  });
}
