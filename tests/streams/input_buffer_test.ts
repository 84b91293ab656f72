import { assert, assertEquals, assertRejects } from "@std/assert";
import { UnexpectedEof } from "@socketserver/socketserver";
import { InputBuffer } from "../../src/streams/input_buffer.ts";
import { HeldSource } from "../fixtures/held_source.ts";

const encoder = new TextEncoder();

/** Lets a buffer be filled, and takes all that has come. */
async function fillWith(
  input: InputBuffer,
  give: () => void,
  wanted = Infinity,
): Promise<Uint8Array> {
  const filled = input.fill(wanted);
  give();
  assert(await filled);
  return input.take(input.length);
}

Deno.test("InputBuffer.fill() waits for a quiet client with 512 bytes", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, -1);
  for (let i = 0; i < 3; i++) await fillWith(input, () => source.give("hi"));
  assertEquals(source.sizes, [512, 512, 512]);
});

Deno.test("InputBuffer.fill() grows to 64 KiB while the client fills its buffer", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, -1);
  for (let i = 0; i < 6; i++) await fillWith(input, () => source.giveFull());
  assertEquals(source.sizes, [512, 2048, 8192, 32_768, 65_536, 65_536]);
});

Deno.test("InputBuffer.fill() shrinks to 512 bytes when the client sends little again", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, -1);
  for (let i = 0; i < 5; i++) await fillWith(input, () => source.giveFull());
  source.sizes.length = 0;
  for (let i = 0; i < 9; i++) await fillWith(input, () => source.give("hi"));
  assertEquals(
    source.sizes,
    [65_536, 32_768, 16_384, 8192, 4096, 2048, 1024, 512, 512],
  );
});

Deno.test("InputBuffer.fill() keeps its size for a client that fills a quarter of it", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, -1);
  await fillWith(input, () => source.giveFull());
  for (let i = 0; i < 2; i++) {
    await fillWith(input, () => source.give("x".repeat(512)));
  }
  assertEquals(source.sizes, [512, 2048, 2048]);
});

Deno.test("InputBuffer.fill() reads no more than is wanted with a size of 0", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, 0);
  await fillWith(input, () => source.giveFull(), 1);
  await fillWith(input, () => source.giveFull(), 1000);
  assertEquals(source.sizes, [1, 1000]);
});

Deno.test("InputBuffer.fill() reserves 64 KiB at most, whatever is wanted", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, 0);
  await fillWith(input, () => source.give("hi"), Number.MAX_SAFE_INTEGER);
  await fillWith(input, () => source.give("hi"), Infinity);
  assertEquals(source.sizes, [65_536, 65_536]);
});

Deno.test("InputBuffer.fill() reads with the size that it was given", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, 7);
  await fillWith(input, () => source.giveFull());
  await fillWith(input, () => source.give("hi"), 1000);
  assertEquals(source.sizes, [7, 7]);
});

Deno.test("InputBuffer.fill() puts what comes behind what is there", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, 4);
  for (const text of ["abcd", "efg", "hijk", "l"]) {
    const filled = input.fill(1);
    source.give(text);
    await filled;
  }
  assertEquals(input.peek(), encoder.encode("abcdefghijkl"));
  assertEquals(input.length, 12);
});

Deno.test("InputBuffer.fill() is false at the end, and does not ask again", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, -1);
  const filled = input.fill(1);
  source.give(null);
  assertEquals([await filled, await input.fill(1)], [false, false]);
  assertEquals(source.sizes.length, 1);
});

Deno.test("InputBuffer.fill() waits again for a read that a call has given up", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, -1);
  for (let i = 0; i < 2; i++) {
    input.fill(1);
    input.giveUp();
  }
  const filled = input.fill(1);
  await source.give("late");
  await filled;
  assertEquals(input.take(input.length), encoder.encode("late"));
  assertEquals(source.sizes.length, 1);
});

Deno.test("InputBuffer.fill() rejects as the source does, and asks it again", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, -1);
  const failed = input.fill(1);
  source.fail(new Deno.errors.ConnectionReset());
  await assertRejects(() => failed, Deno.errors.ConnectionReset);
  assertEquals(
    await fillWith(input, () => source.give("on")),
    encoder.encode("on"),
  );
});

Deno.test("InputBuffer.fill() tells the next caller of a failure that none has waited for, and once", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, -1);
  const givenUp = input.fill(1);
  input.giveUp();
  await source.fail(new Deno.errors.ConnectionReset());
  await assertRejects(() => givenUp, Deno.errors.ConnectionReset);
  await assertRejects(() => input.fill(1), Deno.errors.ConnectionReset);
  assertEquals(
    await fillWith(input, () => source.give("on")),
    encoder.encode("on"),
  );
});

Deno.test("InputBuffer.fill() is false where a TLS client closed without saying so, and does not ask again", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, -1);
  const filled = input.fill(1);
  source.fail(new Deno.errors.UnexpectedEof("unexpected end of file"));
  assertEquals([await filled, await input.fill(1)], [false, false]);
  assertEquals(source.sizes.length, 1);
});

Deno.test("InputBuffer.fill() rejects where a source of bytes says by an error of its own that they are not whole", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, -1);
  const filled = input.fill(1);
  source.fail(new UnexpectedEof("not whole", encoder.encode("a")));
  await assertRejects(() => filled, UnexpectedEof, "not whole");
});

Deno.test("InputBuffer.fill() takes a source that does not make promises", async () => {
  const read = () => 3 as unknown as Promise<number>;
  const input = new InputBuffer({ read }, -1);
  assertEquals([await input.fill(1), input.length], [true, 3]);
});

Deno.test("InputBuffer.fill() rejects if a source throws", async () => {
  const error = new Error("no source");
  const read = () => {
    throw error;
  };
  const input = new InputBuffer({ read }, -1);
  assertEquals(await assertRejects(() => input.fill(1)), error);
});

for (const count of [undefined, NaN, -1, 513, 0.5, "1"]) {
  Deno.test(`InputBuffer.fill() rejects if a source has read ${Deno.inspect(count)} bytes`, async () => {
    const read = () => Promise.resolve(count as number);
    await assertRejects(
      () => new InputBuffer({ read }, -1).fill(1),
      TypeError,
      `the number of bytes read, or null: current value is ${
        Deno.inspect(count)
      }`,
    );
  });
}

Deno.test("InputBuffer.take() gives bytes away although a read is in flight", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, 4);
  const filled = input.fill(1);
  await source.give("abcd");
  await filled;
  input.fill(1);
  input.giveUp();
  const taken = input.take(4);
  taken.fill(0);
  taken.buffer.transfer();
  const refilled = input.fill(1);
  await source.give("efgh");
  await refilled;
  assertEquals(input.take(4), encoder.encode("efgh"));
});

Deno.test("InputBuffer.skip() drops bytes", () => {
  const input = new InputBuffer(encoder.encode("abc"), -1);
  input.skip(2);
  assertEquals(input.take(input.length), encoder.encode("c"));
});

Deno.test("InputBuffer.putBack() puts bytes before the others", () => {
  const input = new InputBuffer(encoder.encode("cd"), -1);
  input.putBack(encoder.encode("ab"));
  assertEquals(input.peek(), encoder.encode("abcd"));
});

Deno.test("InputBuffer.putBack() loses nothing that a read in flight brings", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, -1);
  await fillWith(input, () => source.give("before"));
  const filled = input.fill(1);
  for (const text of ["c", "b", "a"]) input.putBack(encoder.encode(text));
  assertEquals(input.take(1), encoder.encode("a"));
  source.give("def");
  await filled;
  assertEquals(input.peek(), encoder.encode("bcdef"));
  await fillWith(input, () => source.give("and so on"));
});

Deno.test("InputBuffer.discard() drops what has come and what is on its way", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, -1);
  input.putBack(encoder.encode("here"));
  const filled = input.fill(1);
  input.discard();
  source.give("on its way");
  assertEquals(await filled, false);
  assertEquals(input.length, 0);
});

Deno.test("InputBuffer.abandon() loses nothing that a read in flight brings", async () => {
  const source = new HeldSource();
  const input = new InputBuffer(source, -1);
  const filled = input.fill(1);
  await source.give("a write of this fails");
  await filled;
  input.fill(1);
  input.giveUp();
  const written = input.peek();
  input.abandon();
  const more = input.fill(1);
  await source.give(", and this comes");
  await more;
  assertEquals(
    new TextDecoder().decode(input.take(input.length)),
    "a write of this fails, and this comes",
  );
  await fillWith(input, () => source.give("something else"));
  assertEquals(new TextDecoder().decode(written), "a write of this fails");
});
