import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { RequestReader, UnexpectedEof } from "@socketserver/socketserver";
import { readData, readSettings } from "../../src/processes/own_settings.ts";
import { encodeSettings } from "../../src/processes/process_settings.ts";

const HANDLER = { moduleUrl: "file:///h.ts", name: "Handler" };
const ADDRESS: Deno.Addr = { transport: "unix", path: "/tmp/été" };
const MARK = new Uint8Array([0, 10, 255]);

/** Encodes settings with this data. */
function encoded(data: unknown): Uint8Array<ArrayBuffer> {
  const settings = { handler: HANDLER, serverAddress: ADDRESS, data };
  return encodeSettings(settings, MARK);
}

/** An input of bytes, of which each call gives no more than `most`. */
class SyncInput {
  /** What has not been read. */
  rest: Uint8Array<ArrayBuffer>;
  readonly #most: number;

  constructor(bytes: Uint8Array<ArrayBuffer>, most = Infinity) {
    this.rest = bytes;
    this.#most = most;
  }

  readSync(buffer: Uint8Array): number | null {
    if (this.rest.length === 0) return null;
    const part = this.rest.subarray(0, Math.min(buffer.length, this.#most));
    buffer.set(part);
    this.rest = this.rest.subarray(part.length);
    return part.length;
  }
}

/** What is left of the settings with this data when they have been read. */
function dataOf(data: unknown): Uint8Array<ArrayBuffer> {
  const input = new SyncInput(encoded(data));
  readSettings(input);
  return input.rest;
}

for (const most of [1, 7, Infinity]) {
  for (const data of [{ limits: [1, 2] }, undefined]) {
    Deno.test(`readSettings() gives the settings of encodeSettings() with the data ${Deno.inspect(data)}, ${most} bytes at a time`, async () => {
      const input = new SyncInput(encoded(data), most);
      assertEquals(readSettings(input), {
        handler: HANDLER,
        serverAddress: ADDRESS,
        mark: "000aff",
        hasData: data !== undefined,
      });
      if (data === undefined) assertEquals(input.rest.length, 0);
      else {
        const reader = new RequestReader(input.rest);
        assertEquals(await readData(reader), { data });
      }
    });
  }
}

Deno.test("readSettings() is null wherever the server ended before it had sent all", () => {
  const bytes = encoded(undefined);
  for (const end of [0, 3, 4, bytes.length - 1]) {
    assertStrictEquals(readSettings(new SyncInput(bytes.slice(0, end))), null);
  }
});

for (const data of [{ limits: [1, 2] }, null]) {
  Deno.test(`readData() gives ${Deno.inspect(data)} as encodeSettings() took it`, async () => {
    const input = new RequestReader(dataOf(data));
    assertEquals(await readData(input), { data });
    assertStrictEquals(await input.read(), null);
  });
}

Deno.test("readData() is null where the server is no more before it has sent a byte", async () => {
  const input = new RequestReader(new Uint8Array(0));
  assertStrictEquals(await readData(input), null);
});

Deno.test("readData() is null where the server is no more after the length of its data", async () => {
  const input = new RequestReader(dataOf("text").slice(0, 4));
  assertStrictEquals(await readData(input), null);
});

Deno.test("readData() rejects where the data is cut", async () => {
  const input = new RequestReader(dataOf("text").slice(0, -1));
  await assertRejects(() => readData(input), UnexpectedEof);
});
