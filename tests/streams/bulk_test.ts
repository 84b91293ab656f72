import { assert, assertEquals, assertLess } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { Buffer } from "node:buffer";
import { ChildProgram } from "../fixtures/child_program.ts";

const GIBIBYTE = 2 ** 30;

// A prime length, so that a chunk that is lost, doubled or moved shows.
const PATTERN = crypto.getRandomValues(new Uint8Array(65_521));

/** Twice the pattern: as many bytes of it can be had from any place in it. */
const TWICE = Buffer.concat([PATTERN, PATTERN]);

async function sendPattern(connection: Deno.Conn): Promise<void> {
  for (let sent = 0; sent < GIBIBYTE;) {
    const from = sent % PATTERN.length;
    const most = Math.min(PATTERN.length, GIBIBYTE - sent);
    sent += await connection.write(TWICE.subarray(from, from + most));
  }
  await connection.closeWrite();
}

/** Counts the bytes of the pattern that come. */
async function receivePattern(connection: Deno.Conn): Promise<number> {
  const buffer = new Uint8Array(PATTERN.length);
  for (let received = 0;;) {
    const count = await connection.read(buffer);
    if (count === null) return received;
    const from = received % PATTERN.length;
    const expected = TWICE.subarray(from, from + count);
    assert(
      Buffer.compare(buffer.subarray(0, count), expected) === 0,
      `Something else comes after ${received} bytes`,
    );
    received += count;
  }
}

Deno.test("RequestReader.pipeTo() sends 1 GiB back through wfile, in flat memory", async () => {
  await using program = ChildProgram.fixture("memory_server.ts");
  const port = Number(await program.line());
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  const [received] = await deadline(
    Promise.all([receivePattern(client), sendPattern(client)]),
    240_000,
  );
  assertEquals(received, GIBIBYTE);
  const { before, peak } = JSON.parse((await program.line())!);
  // What is waiting for the collector: 35 MiB on a quiet machine, 100 or more
  // on a busy one. A leak, or a client who is not held back, costs all of it.
  assertLess((peak - before) / 2 ** 20, 384, "mebibytes of growth");
});
