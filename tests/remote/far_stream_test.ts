import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import { RemoteProtocolError } from "@socketserver/socketserver";
import { ServerStoppingError } from "../../src/errors.ts";
import { FarStream } from "../../src/remote/far_stream.ts";
import { FrameSender } from "../../src/remote/frame_sender.ts";
import {
  creditPayload,
  FrameType,
  MAX_DATA,
  type Opening,
  WINDOW,
} from "../../src/remote/frames.ts";
import { limitOf } from "../../src/remote/payload_checks.ts";
import { isFrom } from "../../src/streams/error_origin.ts";
import { limitWrites } from "../../src/streams/limit_writes.ts";
import { FrameRecorder } from "../fixtures/frame_recorder.ts";

const LIMIT_MS = 10_000;
const ADDRESS: Deno.NetAddr = {
  transport: "tcp",
  hostname: "127.0.0.1",
  port: 1,
};
const OPENING: Opening = {
  kind: "stream",
  localAddr: ADDRESS,
  clientAddress: ADDRESS,
};

/** A connection, and what its near side gets. */
function farConnection(opening: Opening = OPENING) {
  const recorder = new FrameRecorder();
  const sender = new FrameSender(recorder.carrier, () => false);
  const connection = new FarStream(sender.forRequest(1), opening);
  /** The types of the frames that were sent. */
  const types = () => {
    sender.flush();
    return recorder.frames.map(({ type }) => type);
  };
  return { connection, recorder, types };
}

/** Uses up what may be sent without being granted. */
async function useCredit(connection: FarStream): Promise<void> {
  for (let sent = 0; sent < WINDOW;) {
    sent += await connection.write(new Uint8Array(MAX_DATA));
  }
}

Deno.test("FarStream.write() never resolves to 0, however many wait for credit", async () => {
  const { connection } = farConnection();
  await useCredit(connection);
  const writes = [1, 2, 3].map(() => connection.write(new Uint8Array(5)));
  connection.receive(FrameType.credit, creditPayload(7));
  const first = Promise.all(writes.slice(0, 2));
  assertEquals(await deadline(first, LIMIT_MS), [5, 2]);
  connection.receive(FrameType.credit, creditPayload(5));
  assertEquals(await deadline(writes[2]!, LIMIT_MS), 5);
});

Deno.test("FarStream.write() spends no credit for what is no bytes", async () => {
  const { connection } = farConnection();
  await assertRejects(() => connection.write("text" as never), TypeError);
  await assertRejects(
    () => connection.write({ length: 9 } as never),
    TypeError,
  );
  await deadline(useCredit(connection), LIMIT_MS);
});

Deno.test("FarStream.write() sends a frame for no bytes", async () => {
  const { connection, recorder, types } = farConnection();
  assertEquals(await connection.write(new Uint8Array(0)), 0);
  assertEquals(types(), [FrameType.data]);
  assertEquals(recorder.frames[0]!.payload.length, 0);
});

Deno.test("FarStream.read() rejects at once after close(), whatever has come", async () => {
  const { connection } = farConnection();
  connection.receive(FrameType.data, new Uint8Array(5));
  connection.close();
  connection.receive(FrameType.data, new Uint8Array(5));
  await assertRejects(
    () => deadline(connection.read(new Uint8Array(5)), LIMIT_MS),
    Deno.errors.BadResource,
  );
});

Deno.test("FarStream.read() grants nothing once the client has ended", async () => {
  const { connection, types } = farConnection();
  for (let i = 0; i < WINDOW / MAX_DATA; i++) {
    connection.receive(FrameType.data, new Uint8Array(MAX_DATA));
  }
  assertEquals(await connection.read(new Uint8Array(MAX_DATA)), MAX_DATA);
  connection.receive(FrameType.end, new Uint8Array(0));
  const rest = WINDOW - MAX_DATA;
  assertEquals(await connection.read(new Uint8Array(WINDOW)), rest);
  assertEquals(await connection.read(new Uint8Array(1)), null);
  assertEquals(types(), [FrameType.credit]);
});

Deno.test("FarStream.read() gives what has come before fail()", async () => {
  const { connection } = farConnection();
  connection.receive(FrameType.data, new Uint8Array(5));
  connection.fail(new Deno.errors.ConnectionReset("gone"));
  assertEquals(await connection.read(new Uint8Array(9)), 5);
  await assertRejects(
    () => connection.read(new Uint8Array(9)),
    Deno.errors.ConnectionReset,
  );
});

Deno.test("FarStream.read() rejects for what is no buffer, and the next read finds the data", async () => {
  const { connection } = farConnection();
  const waiting = connection.read(null as never);
  connection.receive(FrameType.data, new Uint8Array(5));
  await assertRejects(() => deadline(waiting, LIMIT_MS), TypeError);
  assertEquals(await connection.read(new Uint8Array(9)), 5);
});

Deno.test("FarStream.read() that waits goes on to wait when no bytes have come", async () => {
  const { connection } = farConnection();
  const waiting = connection.read(new Uint8Array(9));
  connection.receive(FrameType.data, new Uint8Array(0));
  connection.receive(FrameType.data, new Uint8Array(5));
  assertEquals(await deadline(waiting, LIMIT_MS), 5);
});

Deno.test("FarStream.end() makes a read that waits, and all that comes later, reject", async () => {
  const { connection, types } = farConnection();
  const waiting = connection.read(new Uint8Array(9));
  connection.end();
  await assertRejects(
    () => deadline(waiting, LIMIT_MS),
    Deno.errors.Interrupted,
  );
  for (
    const act of [
      () => connection.read(new Uint8Array(9)),
      () => connection.write(new Uint8Array(9)),
      () => connection.closeWrite(),
    ]
  ) {
    const error = await assertRejects(act, Deno.errors.BadResource);
    assertEquals(error.message, "The request has ended");
    assert(isFrom(error, connection));
  }
  connection.close();
  assertEquals(types(), []);
});

Deno.test("FarStream.close() interrupts a read, as at home", async () => {
  const { connection } = farConnection();
  const reading = connection.read(new Uint8Array(5));
  connection.close();
  await assertRejects(
    () => deadline(reading, LIMIT_MS),
    Deno.errors.Interrupted,
  );
});

Deno.test("FarStream.read() rejects as closed right after close(), though another read waited", async () => {
  const { connection } = farConnection();
  const waiting = connection.read(new Uint8Array(5));
  await assertRejects(
    () => connection.read(new Uint8Array(5)),
    Deno.errors.Busy,
  );
  connection.close();
  const later = connection.read(new Uint8Array(5));
  await assertRejects(() => later, Deno.errors.BadResource);
  await assertRejects(() => waiting, Deno.errors.Interrupted);
});

Deno.test("FarStream.close() is the last that is sent", async () => {
  const { connection, types } = farConnection({ ...OPENING, noDelay: true });
  await useCredit(connection);
  const waiting = connection.write(new Uint8Array(5));
  await connection.closeWrite();
  await connection.closeWrite();
  connection.close();
  connection.close();
  await assertRejects(() => waiting, Deno.errors.BadResource);
  await assertRejects(() => connection.closeWrite(), Deno.errors.BadResource);
  assertThrows(() => connection.setNoDelay!(), Deno.errors.BadResource);
  limitWrites(connection, 1);
  const last = types().slice(-3);
  assertEquals(last, [FrameType.data, FrameType.end, FrameType.close]);
});

Deno.test("FarStream.setNoDelay() is there if the connection at home has it", () => {
  const { connection, recorder, types } = farConnection({
    ...OPENING,
    noDelay: true,
  });
  connection.setNoDelay!();
  connection.setNoDelay!(false);
  assertEquals(types(), [FrameType.noDelay, FrameType.noDelay]);
  const switched = recorder.frames.map(({ payload }) => payload[0]);
  assertEquals(switched, [1, 0]);
  assertEquals(farConnection().connection.setNoDelay, undefined);
});

Deno.test("FarStream.setKeepAlive() is there if the connection at home has it", () => {
  const { connection, recorder, types } = farConnection({
    ...OPENING,
    keepAlive: true,
  });
  connection.setKeepAlive!();
  connection.setKeepAlive!(false);
  assertEquals(types(), [FrameType.keepAlive, FrameType.keepAlive]);
  const switched = recorder.frames.map(({ payload }) => payload[0]);
  assertEquals(switched, [1, 0]);
  assertEquals(farConnection().connection.setKeepAlive, undefined);
});

Deno.test("FarStream.signal is aborted by abort(), which leaves reading and writing alone", async () => {
  const { connection } = farConnection();
  const { signal } = connection;
  const reason = new ServerStoppingError("to stop");
  connection.abort(reason);
  connection.abort(new Error("later"));
  assertStrictEquals(signal.reason, reason);
  connection.receive(FrameType.data, new Uint8Array(5));
  assertEquals(await connection.read(new Uint8Array(9)), 5);
  assertEquals(await connection.write(new Uint8Array(5)), 5);
});

Deno.test("FarStream.signal is aborted although it is first asked for after abort()", () => {
  const { connection } = farConnection();
  const reason = new ServerStoppingError("to stop");
  connection.abort(reason);
  assertStrictEquals(connection.signal.reason, reason);
});

Deno.test("FarStream.signal is aborted by fail(), when reading rejects already", async () => {
  const { connection } = farConnection();
  const gone = new Deno.errors.ConnectionReset("gone");
  const read = Promise.withResolvers<number | null>();
  connection.signal.addEventListener(
    "abort",
    () => read.resolve(connection.read(new Uint8Array(9))),
  );
  connection.fail(gone);
  assertStrictEquals(connection.signal.reason, gone);
  assertStrictEquals(await assertRejects(() => read.promise), gone);
});

Deno.test("FarStream.signal is not aborted by the handler's own close(), nor by end()", () => {
  const { connection } = farConnection();
  connection.close();
  connection.fail(new Deno.errors.Interrupted("closed meanwhile"));
  assertEquals(connection.signal.aborted, false);
  const other = farConnection().connection;
  other.end();
  assertEquals(other.signal.aborted, false);
});

Deno.test("limitWrites() of a FarStream tells the near side", () => {
  const { connection, recorder, types } = farConnection();
  limitWrites(connection, 0.25);
  assertEquals(types(), [FrameType.limit]);
  assertEquals(limitOf(recorder.frames[0]!.payload), 0.25);
});

Deno.test("FarStream.remoteAddr is the client's address unless there is another", () => {
  const other = { ...ADDRESS, port: 2 };
  assertEquals(farConnection().connection.remoteAddr, ADDRESS);
  const { connection } = farConnection({ ...OPENING, remoteAddr: other });
  assertEquals(connection.remoteAddr, other);
});

Deno.test("FarStream.receive() refuses data after the end, and credit for nothing", async () => {
  const { connection } = farConnection();
  connection.receive(FrameType.end, new Uint8Array(0));
  assertThrows(
    () => connection.receive(FrameType.data, new Uint8Array(1)),
    RemoteProtocolError,
  );
  await connection.write(new Uint8Array(5));
  connection.receive(FrameType.credit, creditPayload(5));
  const error = assertThrows(
    () => connection.receive(FrameType.credit, creditPayload(1)),
    RemoteProtocolError,
  );
  assert(error.message.endsWith(`current value is ${WINDOW + 1}`));
});
