import { concat } from "@std/bytes/concat";
import type { FarSettings } from "../remote/far_side.ts";

/** What a child process is told before all else. */
export interface ProcessSettings extends Omit<FarSettings, "data"> {
  /** What its batches begin with, in hexadecimal. */
  readonly mark: string;
  /** Whether the server's `data` comes next. */
  readonly hasData: boolean;
}

/**
 * Makes what a child process reads first: its settings, and the server's `data`
 * if there is some, each after its length.
 *
 * They are no arguments, as a handler finds those of the server's program there.
 *
 * @throws {Error} If the data cannot be cloned.
 */
export function encodeSettings(
  { handler, serverAddress, data }: FarSettings,
  mark: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const hasData = data !== undefined;
  const settings: ProcessSettings = {
    handler,
    serverAddress,
    mark: mark.toHex(),
    hasData,
  };
  const parts = [new TextEncoder().encode(JSON.stringify(settings))];
  return concat(
    (hasData ? [...parts, serializeData(data)] : parts)
      .flatMap((part) => [lengthOf(part), part]),
  );
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

function lengthOf(part: Uint8Array): Uint8Array {
  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, part.length);
  return head;
}
