import { isKnownRelease } from "../known_release.ts";

/**
 * Memory that can be made to vanish, as it can be given another size. A Deno that
 * looks at it itself would not survive that.
 */
export function vanishingMemory(size: number): ArrayBuffer {
  return isKnownRelease()
    ? new ArrayBuffer(size, { maxByteLength: size })
    : new ArrayBuffer(size);
}
