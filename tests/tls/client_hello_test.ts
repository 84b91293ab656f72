import { concat } from "@std/bytes/concat";
import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { connect } from "node:tls";
import { findServerName, readClientHello } from "../../src/tls/client_hello.ts";
import { MemoryConnection } from "../fixtures/memory_connection.ts";
import {
  forEachSeed,
  type Random,
  randomBytes,
  randomCuts,
} from "../fixtures/seeded_cases.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";

const HEADER = 5;

Deno.test("readClientHello() finds the name that Deno.startTls() asks for", async () => {
  const bytes = await helloOf("two.test");
  const hello = await readClientHello(new MemoryConnection([bytes]));
  assertEquals(hello, { bytes, serverName: "two.test" });
});

Deno.test("readClientHello() finds the name that node:tls asks for, or none", async () => {
  for (const servername of ["three.test", ""]) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const client = connect({ host: "127.0.0.1", port, servername });
    client.on("error", () => {});
    using server = await listener.accept();
    const { serverName } = await readClientHello(server);
    assertEquals(serverName, servername || null);
    client.destroy();
  }
});

Deno.test("readClientHello() gives all that it has read, in whatever pieces and records", async () => {
  const bytes = await helloOf("two.test");
  await forEachSeed(200, async (random) => {
    const records = inRecords(random, bytes);
    const pieces = [...randomCuts(random, records)];
    const hello = await readClientHello(new MemoryConnection(pieces));
    assertEquals(hello.serverName, "two.test");
    assertEquals(hello.bytes, records.subarray(0, hello.bytes.length));
  });
});

Deno.test("readClientHello() gives what has come, where the client goes or talks nonsense", async () => {
  const bytes = await helloOf("two.test");
  await forEachSeed(500, async (random) => {
    const said = random(2) === 0
      ? bytes.slice(0, random(bytes.length))
      : randomBytes(random, 3_000);
    const pieces = [...randomCuts(random, said)];
    const hello = await readClientHello(new MemoryConnection(pieces));
    assertEquals(hello.serverName, null);
    assertEquals(hello.bytes, said.subarray(0, hello.bytes.length));
  });
});

Deno.test("readClientHello() waits for no more where a client speaks HTTP", async () => {
  const bytes = new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n");
  const connection = new MemoryConnection([bytes], false);
  const hello = await deadline(readClientHello(connection), 30_000);
  assertEquals(hello, { bytes, serverName: null });
});

Deno.test("readClientHello() takes no more than a little", async () => {
  const records = Array(40_000).fill(Uint8Array.of(22, 3, 1, 0, 1, 1));
  const connection = new MemoryConnection([concat(records)]);
  const { bytes, serverName } = await readClientHello(connection);
  assertEquals(serverName, null);
  assert(bytes.length <= 32_768, `${bytes.length}`);
});

Deno.test("findServerName() throws for no bytes", async () => {
  const bytes = await helloOf("two.test");
  await forEachSeed(5_000, (random) => {
    const mutated = bytes.slice();
    for (let i = 1 + random(4); i > 0; i--) {
      mutated[random(bytes.length)] = random(256);
    }
    const found = findServerName(mutated);
    assert(
      found === null || typeof found === "string" || found > mutated.length,
      `${found}`,
    );
  });
});

/** Spreads the one record of a hello over several. */
function inRecords(
  random: Random,
  hello: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const records = randomCuts(random, hello.subarray(HEADER)).map((part) =>
    concat([Uint8Array.of(22, 3, 1, part.length >> 8, part.length & 255), part])
  );
  return concat([...records]);
}

/** What a client that asks for a name says first. */
async function helloOf(hostname: string): Promise<Uint8Array<ArrayBuffer>> {
  using pair = await TcpPair.open();
  const client = await Deno.startTls(pair.client, { hostname });
  const handshake = client.handshake().catch(() => {});
  const buffer = new Uint8Array(4_096);
  const count = await pair.server.read(buffer);
  pair.server.close();
  await handshake;
  client.close();
  return buffer.slice(0, count!);
}
