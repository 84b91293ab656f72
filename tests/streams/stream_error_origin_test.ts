import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  RequestReader,
  ResponseWriter,
  UnexpectedEof,
} from "@socketserver/socketserver";
import { originOf } from "../../src/streams/error_origin.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";

const LIMIT_MS = 10_000;
/** More than a client takes that never reads. */
const MUCH = new Uint8Array(64 << 20);

/** Makes a call that rejects, on a connection whose client is `pair.client`. */
type Failure = (pair: TcpPair) => Promise<unknown>;

const failures: Record<string, [name: string, fail: Failure]> = {
  "RequestReader.read() whose connection is closed meanwhile": [
    "Interrupted",
    (pair) => {
      const reading = new RequestReader(pair.server).read();
      pair.server.close();
      return reading;
    },
  ],
  "RequestReader.readLine() that timed out": [
    "TimedOut",
    (pair) => new RequestReader(pair.server, { timeout: 0.01 }).readLine(),
  ],
  "RequestReader.readExactly() that found the end": [
    "UnexpectedEof",
    async (pair) => {
      await pair.client.write(new Uint8Array(1));
      await pair.client.closeWrite();
      await new RequestReader(pair.server).readExactly(2);
    },
  ],
  "RequestReader.readUntil() that found the end": [
    "UnexpectedEof",
    async (pair) => {
      await pair.client.write(new Uint8Array(1));
      await pair.client.closeWrite();
      await new RequestReader(pair.server).readUntil("\n");
    },
  ],
  "RequestReader.pipeTo() that timed out": [
    "TimedOut",
    (pair) =>
      new RequestReader(pair.server, { timeout: 0.01 })
        .pipeTo(new WritableStream()),
  ],
  "ResponseWriter.write() to a connection that is closed": [
    "BadResource",
    (pair) => {
      pair.server.close();
      return new ResponseWriter(pair.server).write("text");
    },
  ],
  "ResponseWriter.write() that timed out": [
    "TimedOut",
    (pair) => new ResponseWriter(pair.server, { timeout: 0.1 }).write(MUCH),
  ],
  "ResponseWriter.flush() to a connection that is closed": [
    "BadResource",
    async (pair) => {
      const wfile = new ResponseWriter(pair.server, { bufferSize: 9 });
      await wfile.write("text");
      pair.server.close();
      await wfile.flush();
    },
  ],
};

/** What a promise rejects with. */
async function rejection(promise: Promise<unknown>): Promise<Error> {
  const [result] = await Promise.allSettled([deadline(promise, LIMIT_MS)]);
  assert(result.status === "rejected", "It did not reject");
  return result.reason;
}

for (const [call, [name, fail]] of Object.entries(failures)) {
  Deno.test(`${call} rejects with an error whose origin is the connection`, async () => {
    using pair = await TcpPair.open();
    const error = await rejection(fail(pair));
    assertEquals(error.name, name);
    assertStrictEquals(originOf(error), pair.server);
  });
}

Deno.test("RequestReader.readExactly() rejects with an error without an origin for bytes", async () => {
  const rfile = new RequestReader(new Uint8Array(1));
  const error = await rejection(rfile.readExactly(2));
  assert(error instanceof UnexpectedEof);
  assertStrictEquals(originOf(error), undefined);
});

Deno.test("ResponseWriter.write() rejects with an error without an origin for what is not bytes", async () => {
  using pair = await TcpPair.open();
  const wfile = new ResponseWriter(pair.server);
  const error = await rejection(wfile.write(1 as unknown as string));
  assert(error instanceof TypeError);
  assertStrictEquals(originOf(error), undefined);
});
