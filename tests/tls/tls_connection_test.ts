import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { needing } from "../fixtures/installed_program.ts";
import { UnhandledRejections } from "../fixtures/unhandled_rejections.ts";
import { until } from "../fixtures/until.ts";
import { TlsAuthority } from "./tls_authority.ts";
import { TlsPair } from "./tls_pair.ts";

const LIMIT_MS = 30_000;
const MEGABYTE = 1_000_000;

test("TlsConnection.read() gives null at the end of TLS, and writes go on", async (pair) => {
  await pair.client.closeWrite();
  assertEquals(await pair.server.read(new Uint8Array(1)), null);
  assertEquals(await pair.server.read(new Uint8Array(1)), null);
  assertEquals(await pair.server.write(new Uint8Array(3)), 3);
  await pair.server.closeWrite();
  assertEquals(await pair.client.read(new Uint8Array(10)), 3);
  assertEquals(await pair.client.read(new Uint8Array(10)), null);
});

test("TlsConnection.closeWrite() tells the client, and reads go on", async (pair) => {
  await Promise.all([pair.server.closeWrite(), pair.server.closeWrite()]);
  assertEquals(await pair.client.read(new Uint8Array(10)), null);
  await pair.client.write(new Uint8Array(5));
  assertEquals(await pair.server.read(new Uint8Array(10)), 5);
});

test("TlsConnection.write() rejects after closeWrite(), and reads go on", async (pair) => {
  const ending = pair.server.closeWrite();
  const write = () => pair.server.write(new Uint8Array(1));
  await assertRejects(write, Deno.errors.BrokenPipe);
  await ending;
  await assertRejects(write, Deno.errors.BrokenPipe);
  await pair.client.write(new Uint8Array(5));
  assertEquals(await pair.server.read(new Uint8Array(10)), 5);
});

test("TlsConnection.read() serves reads in their order, in pieces", async (pair) => {
  const buffers = [new Uint8Array(2), new Uint8Array(1), new Uint8Array(9)];
  const reads = buffers.map((buffer) => pair.server.read(buffer));
  await pair.client.write(new Uint8Array([1, 2, 3, 4]));
  assertEquals(await Promise.all(reads), [2, 1, 1]);
  assertEquals(buffers.map((buffer) => buffer[0]), [1, 3, 4]);
  assertEquals(await pair.server.write(new Uint8Array(0)), 0);
});

test("TlsConnection.read() rejects when the input is cut off without TLS's end", async (pair) => {
  const read = pair.server.read(new Uint8Array(1));
  await pair.relay.cut();
  await assertRejects(() => read, Deno.errors.UnexpectedEof);
  await assertRejects(() => pair.read(), Deno.errors.UnexpectedEof);
});

test("TlsConnection.read() rejects with InvalidData where TLS is broken", async (pair) => {
  const read = pair.server.read(new Uint8Array(1));
  await pair.relay.send(new Uint8Array([23, 3, 3, 0, 20, ...Array(20)]));
  await assertRejects(() => read, Deno.errors.InvalidData);
  await assertRejects(() => pair.read(), Deno.errors.InvalidData);
});

test("TlsConnection.close() interrupts reads, and all else rejects then", async (pair) => {
  const read = pair.server.read(new Uint8Array(1));
  pair.server.close();
  await assertRejects(() => read, Deno.errors.Interrupted);
  assertThrows(() => pair.server.close(), Deno.errors.BadResource);
  const { BadResource } = Deno.errors;
  await assertRejects(() => pair.server.read(new Uint8Array(1)), BadResource);
  await assertRejects(() => pair.server.write(new Uint8Array(1)), BadResource);
  await assertRejects(() => pair.server.closeWrite(), BadResource);
});

test("TlsConnection.close() ends TLS as it should end", async (pair) => {
  await pair.server.write(new Uint8Array(7));
  pair.server.close();
  assertEquals(await pair.client.read(new Uint8Array(10)), 7);
  assertEquals(await pair.client.read(new Uint8Array(10)), null);
});

test("TlsConnection.write() waits for a client that does not read, and close() ends it", async (pair) => {
  pair.relay.hold();
  let written = 0;
  const writing = (async () => {
    for (;;) written += await pair.server.write(new Uint8Array(MEGABYTE));
  })();
  await until(() => written > 0);
  let before = -1;
  await until(() => before === (before = written));
  assert(written < 50 * MEGABYTE, `${written}`);
  pair.server.close();
  await assertRejects(
    () => deadline(writing, LIMIT_MS),
    Deno.errors.Interrupted,
  );
});

test("TlsConnection takes no more than a little that nobody reads", async (pair) => {
  let sent = 0;
  const sending = (async () => {
    for (;;) sent += await pair.client.write(new Uint8Array(65_536));
  })().catch(() => {});
  let before = -1;
  await until(() => before === (before = pair.taken) && before > 0);
  assert(pair.taken <= 2 * 65_536, `${pair.taken}`);
  pair.server.close();
  pair.client.close();
  await sending;
});

function test(name: string, body: (pair: TlsPair) => Promise<void>): void {
  Deno.test(needing(["openssl"], {
    name,
    async fn() {
      using authority = await TlsAuthority.create();
      using rejections = new UnhandledRejections();
      using pair = await TlsPair.open(authority);
      await body(pair);
      assertEquals(await rejections.count(), 0);
    },
  }));
}
