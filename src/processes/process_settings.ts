import type { FarSettings } from "../remote/far_side.ts";

/** What a child process is told by its argument. */
export interface ProcessSettings extends Omit<FarSettings, "data"> {
  /** What its batches begin with, in hexadecimal. */
  readonly mark: string;
  /** Whether the server's `data` comes first on standard input. */
  readonly hasData: boolean;
}

/** Makes the argument of a child process. */
export function settingsArgument(
  { handler, serverAddress, data }: FarSettings,
  mark: Uint8Array,
): string {
  const settings: ProcessSettings = {
    handler,
    serverAddress,
    mark: mark.toHex(),
    hasData: data !== undefined,
  };
  return JSON.stringify(settings);
}

/** Finds the settings in a child's own argument. */
export function ownSettings(): ProcessSettings {
  return JSON.parse(Deno.args[0]!);
}

/** Deno has Node's `process`, but no type for it without an import. */
declare const globalThis: {
  process: {
    getBuiltinModule(name: "node:v8"): typeof import("node:v8");
  };
};

/**
 * Makes bytes of the server's `data`, which may be anything that can be cloned.
 *
 * The module that writes such values is loaded only where there are some,
 * because it makes a start slower.
 *
 * @throws {Error} If the data cannot be cloned.
 */
export function serializeData(data: unknown): Uint8Array {
  return globalThis.process.getBuiltinModule("node:v8").serialize(data);
}

/** Makes what a child process reads first: a length, and the server's `data`. */
export function encodeData(data: unknown): Uint8Array<ArrayBuffer> {
  const cloned = serializeData(data);
  const bytes = new Uint8Array(4 + cloned.length);
  new DataView(bytes.buffer).setUint32(0, cloned.length);
  bytes.set(cloned, 4);
  return bytes;
}

/**
 * Reads the server's `data` from the beginning of an input.
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
  const length = new DataView(head.buffer).getUint32(0);
  const cloned = await input.readExactly(length);
  if (cloned === null) return null;
  const { deserialize } = await import("node:v8");
  return { data: deserialize(cloned) };
}
