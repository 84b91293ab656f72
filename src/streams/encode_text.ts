const encoder = new TextEncoder();

const SLAB_SIZE = 8192;
/** Short texts share a buffer: to make one costs more than to fill it. */
let slab = new Uint8Array(0);
let used = 0;

/** Encodes text as UTF-8. The bytes must not be changed or transferred. */
export function encodeText(text: string): Uint8Array {
  const most = text.length * 3;
  if (most > SLAB_SIZE / 4) return encoder.encode(text);
  if (slab.length - used < most) {
    slab = new Uint8Array(SLAB_SIZE);
    used = 0;
  }
  const { written } = encoder.encodeInto(text, slab.subarray(used));
  return slab.subarray(used, used += written);
}
