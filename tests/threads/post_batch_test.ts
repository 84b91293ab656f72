import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { postBatch } from "../../src/threads/post_batch.ts";

const LIMIT_MS = 10_000;

/** Makes a batch that ends somewhere within its buffer. */
function batchOf(size: number, bufferSize: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bufferSize).fill(7).subarray(0, size);
}

for (
  const [what, bufferSize, isCopied] of [
    ["copies a batch in a small buffer", 4096, true],
    ["transfers a batch in a larger one", 4097, false],
  ] as const
) {
  Deno.test(`postBatch() ${what}, and says whether the buffer is free`, async () => {
    const { port1, port2 } = new MessageChannel();
    const received = Promise.withResolvers<Uint8Array>();
    port2.onmessage = ({ data }) => received.resolve(data);
    try {
      const batch = batchOf(100, bufferSize);
      assertEquals(postBatch(port1, batch) === true, isCopied);
      assertEquals(batch.length, isCopied ? 100 : 0);
      if (isCopied) batch.fill(8); // what the next batch does
      assertEquals(
        await deadline(received.promise, LIMIT_MS),
        batchOf(100, 100),
      );
    } finally {
      port1.close();
      port2.close();
    }
  });
}
