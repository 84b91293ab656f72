import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { RequestReader, UnexpectedEof } from "@socketserver/socketserver";
import { encodeData, readData } from "../../src/processes/process_settings.ts";

for (const data of [{ limits: [1, 2] }, null, undefined]) {
  Deno.test(`readData() gives ${Deno.inspect(data)} as encodeData() took it`, async () => {
    const input = new RequestReader(await encodeData(data));
    assertEquals(await readData(input), { data });
    assertStrictEquals(await input.read(), null);
  });
}

Deno.test("readData() is null where the server is no more before it has sent a byte", async () => {
  const input = new RequestReader(new Uint8Array(0));
  assertStrictEquals(await readData(input), null);
});

Deno.test("readData() is null where the server is no more after the length of its data", async () => {
  const input = new RequestReader((await encodeData("text")).slice(0, 4));
  assertStrictEquals(await readData(input), null);
});

Deno.test("readData() rejects where the data is cut", async () => {
  const input = new RequestReader((await encodeData("text")).slice(0, -1));
  await assertRejects(() => readData(input), UnexpectedEof);
});
