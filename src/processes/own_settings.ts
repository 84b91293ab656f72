/**
 * What a child process reads of its settings.
 *
 * The first module of a child needs it, which comes before the handler's: so
 * nothing is imported here that an import map has to name. Else a map that is
 * missing would be told of this module, and not of the user's.
 *
 * @module
 */
import type { ProcessSettings } from "./process_settings.ts";

/**
 * Reads the settings from the beginning of an input, before anything else runs.
 *
 * @returns The settings, or `null` if the input ended before: the server is no
 * more.
 */
export function readSettings(
  input: { readSync(buffer: Uint8Array): number | null },
): ProcessSettings | null {
  const head = readExactlySync(input, 4);
  if (head === null) return null;
  const text = readExactlySync(input, lengthIn(head));
  return text === null ? null : JSON.parse(new TextDecoder().decode(text));
}

/**
 * Reads the server's `data`, which comes after the settings.
 *
 * @returns The data, or `null` if the input ended before: the server is no more.
 */
export async function readData(
  input: {
    readExactly(count: number): Promise<Uint8Array<ArrayBuffer> | null>;
  },
): Promise<{ readonly data: unknown } | null> {
  const head = await input.readExactly(4);
  if (head === null) return null;
  const cloned = await input.readExactly(lengthIn(head));
  if (cloned === null) return null;
  const { deserialize } = await import("node:v8");
  return { data: deserialize(cloned) };
}

function lengthIn(head: Uint8Array<ArrayBuffer>): number {
  return new DataView(head.buffer).getUint32(0);
}

function readExactlySync(
  input: { readSync(buffer: Uint8Array): number | null },
  count: number,
): Uint8Array<ArrayBuffer> | null {
  const bytes = new Uint8Array(count);
  for (let length = 0; length < count;) {
    const read = input.readSync(bytes.subarray(length));
    if (read === null) return null;
    length += read;
  }
  return bytes;
}
