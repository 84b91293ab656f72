import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import { RequestReader } from "@socketserver/socketserver";
import { TcpPair } from "../fixtures/tcp_pair.ts";

const encoder = new TextEncoder();

/** Calls again after each timeout, as a busy machine may cause some. */
function patiently<T>(call: () => Promise<T>): Promise<T> {
  const again = (error: unknown): Promise<T> => {
    if (!(error instanceof Deno.errors.TimedOut)) throw error;
    return call().catch(again);
  };
  return deadline(call().catch(again), 10_000);
}

const calls: Record<string, (rfile: RequestReader) => Promise<unknown>> = {
  "read()": (rfile) => rfile.read(),
  "readExactly()": (rfile) => rfile.readExactly(4),
  "readLine()": (rfile) => rfile.readLine(),
  "readUntil()": (rfile) => rfile.readUntil("\n"),
};

for (const [name, call] of Object.entries(calls)) {
  Deno.test(`RequestReader.${name} rejects with TimedOut, and every byte that comes late is read once`, async () => {
    using pair = await TcpPair.open();
    const rfile = new RequestReader(pair.server, { timeout: 0.03 });
    await assertRejects(
      () => call(rfile),
      Deno.errors.TimedOut,
      "0.03 seconds",
    );
    await assertRejects(() => call(rfile), Deno.errors.TimedOut);
    await pair.client.write(encoder.encode("late\nlater\n"));
    await pair.client.closeWrite();
    assertEquals(await patiently(() => rfile.readLine()), "late");
    assertEquals(await patiently(() => rfile.readLine()), "later");
    assertEquals(await patiently(() => rfile.read()), null);
  });
}

Deno.test("RequestReader.readLine() keeps the part that came before the timeout", async () => {
  using pair = await TcpPair.open();
  const rfile = new RequestReader(pair.server, { timeout: 0.03 });
  await pair.client.write(encoder.encode("first "));
  await assertRejects(() => rfile.readLine(), Deno.errors.TimedOut);
  await pair.client.write(encoder.encode("last\n"));
  assertEquals(await patiently(() => rfile.readLine()), "first last");
});

Deno.test("RequestReader errors its stream after the timeout, and its methods go on", async () => {
  using pair = await TcpPair.open();
  const rfile = new RequestReader(pair.server, { timeout: 0.03 });
  const reader = rfile.getReader();
  await assertRejects(() => reader.read(), Deno.errors.TimedOut);
  reader.releaseLock();
  await pair.client.write(encoder.encode("late\n"));
  assertEquals(await patiently(() => rfile.readLine()), "late");
});

Deno.test("RequestReader lets the connection close after a timeout without an unhandled rejection", async () => {
  using pair = await TcpPair.open();
  let pending: Promise<number | null> | undefined;
  const source = {
    read: (buffer: Uint8Array) => pending = pair.server.read(buffer),
  };
  const rfile = new RequestReader(source, { timeout: 0.01 });
  await assertRejects(() => rfile.readLine(), Deno.errors.TimedOut);
  pair.server.close();
  await assertRejects(() => pending!, Deno.errors.Interrupted);
  // Deno would report an unhandled rejection, and fail, in the next turn.
  await delay(0);
});

Deno.test("RequestReader.read() does not time out while bytes come", async () => {
  using pair = await TcpPair.open();
  const rfile = new RequestReader(pair.server, { timeout: 3600 });
  const read = rfile.read();
  await pair.client.write(encoder.encode("in time"));
  assertEquals(await read, encoder.encode("in time"));
});
