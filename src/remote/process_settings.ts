import type { HostSettings } from "./handler_host.ts";

/** What a child process is told when it starts. */
export interface ProcessSettings extends HostSettings {
  /** What its batches begin with. */
  readonly mark: Uint8Array<ArrayBuffer>;
}

/**
 * Makes bytes of the settings, for the child's standard input.
 *
 * `data` may be anything that can be cloned. The module that can write such
 * values is loaded only where there are some, as it makes a start slower.
 */
export async function encodeSettings(
  { handler, serverAddress, data, mark }: ProcessSettings,
): Promise<Uint8Array<ArrayBuffer>> {
  const cloned = data === undefined
    ? new Uint8Array(0)
    : (await import("node:v8")).serialize(data);
  const plain = { handler, serverAddress, mark: mark.toHex() };
  const text = new TextEncoder().encode(JSON.stringify(plain));
  const bytes = new Uint8Array(8 + text.length + cloned.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, text.length);
  view.setUint32(4, cloned.length);
  bytes.set(text, 8);
  bytes.set(cloned, 8 + text.length);
  return bytes;
}

/** Reads the settings from standard input. */
export async function readSettings(
  input: { readExactly(count: number): Promise<Uint8Array<ArrayBuffer>> },
): Promise<ProcessSettings> {
  const view = new DataView((await input.readExactly(8)).buffer);
  const text = await input.readExactly(view.getUint32(0));
  const cloned = await input.readExactly(view.getUint32(4));
  const { handler, serverAddress, mark } = JSON.parse(
    new TextDecoder().decode(text),
  );
  const data = cloned.length === 0
    ? undefined
    : (await import("node:v8")).deserialize(cloned);
  return { handler, serverAddress, data, mark: Uint8Array.fromHex(mark) };
}
