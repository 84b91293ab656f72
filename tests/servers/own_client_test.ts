import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  LineTooLongError,
  NoReplyAddressError,
} from "@socketserver/socketserver";
import { isOwnClients } from "../../src/servers/own_client.ts";
import { ELSEWHERE, noteOrigin } from "../../src/streams/error_origin.ts";
import { MemoryConnection } from "../fixtures/memory_connection.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

const LIMIT_MS = 30_000;
const { errors } = Deno;
const LOSSES = [
  errors.ConnectionReset,
  errors.ConnectionAborted,
  errors.BrokenPipe,
  errors.NotConnected,
  errors.Interrupted,
  errors.InvalidData,
  errors.UnexpectedEof,
];
const FAULTS = [
  ...LOSSES,
  errors.TimedOut,
  errors.ConnectionRefused,
  errors.NotFound,
  errors.PermissionDenied,
  LineTooLongError,
  NoReplyAddressError,
];
const MISTAKES = [
  errors.BadResource,
  errors.Busy,
  errors.NotCapable,
  RangeError,
  TypeError,
];

function marked<E extends Error>(error: E, connection: object): E {
  noteOrigin(error, connection);
  return error;
}

Deno.test("isOwnClients() is true at once of what came from the request", () => {
  const stream = new MemoryConnection([]);
  const socket = { addr: stream.localAddr, send: () => Promise.resolve(0) };
  const datagram = [new Uint8Array(1), socket];
  for (const FaultClass of FAULTS) {
    for (
      const [origin, request] of [
        [stream, stream],
        [datagram, datagram],
        [socket, datagram],
        [datagram[0]!, datagram],
      ]
    ) {
      const error = marked(new FaultClass("why"), origin!);
      assertEquals(isOwnClients(error, request), true, FaultClass.name);
    }
  }
});

Deno.test("isOwnClients() is false at once of what the handler did wrong", () => {
  const request = new MemoryConnection([]);
  for (const MistakeClass of MISTAKES) {
    const error = marked(new MistakeClass("why"), request);
    assertEquals(isOwnClients(error, request), false, MistakeClass.name);
  }
  for (const thrown of [undefined, null, "text", 42n, Symbol("a"), {}]) {
    assertEquals(isOwnClients(thrown, request), false);
  }
});

Deno.test("isOwnClients() is false at once of what came from elsewhere", () => {
  const request = new MemoryConnection([]);
  for (const FaultClass of FAULTS) {
    const error = marked(new FaultClass("why"), ELSEWHERE);
    assertEquals(isOwnClients(error, request), false);
    assertEquals(isOwnClients(error, undefined), false);
  }
  // No connection that could be asked.
  const error = new errors.ConnectionReset("why");
  for (const request of [null, 5, {}, [new Uint8Array(1), {}]]) {
    assertEquals(isOwnClients(error, request), false);
  }
});

Deno.test("isOwnClients() is true of a disconnect that came instead of a request", () => {
  for (const LossClass of LOSSES) {
    assertEquals(isOwnClients(new LossClass("why"), undefined), true);
  }
  assertEquals(isOwnClients(new errors.TimedOut("why"), undefined), false);
  const handshake = marked(new errors.TimedOut("why"), {});
  assertEquals(isOwnClients(handshake, undefined), true);
});

Deno.test("isOwnClients() is true of a SuppressedError only if it is of both parts", () => {
  const request = new MemoryConnection([]);
  const reset = marked(new errors.ConnectionReset("why"), request);
  const pipe = marked(new errors.BrokenPipe("why"), request);
  const bug = new RangeError("a bug");
  for (
    const [next, first, own] of [
      [pipe, reset, true],
      [pipe, bug, false],
      [bug, reset, false],
      [new SuppressedError(pipe, reset), reset, true],
    ] as const
  ) {
    assertEquals(isOwnClients(new SuppressedError(next, first), request), own);
  }
  const cyclic = new SuppressedError(pipe, reset);
  cyclic.error = cyclic;
  assertEquals(isOwnClients(cyclic, request), false);
});

/** What is answered of an error that nobody has marked. */
async function asked(error: Error, request: unknown): Promise<boolean> {
  return await deadline(
    Promise.resolve(isOwnClients(error, request)),
    LIMIT_MS,
  );
}

Deno.test("isOwnClients() asks a TCP connection whether its client is lost", async () => {
  for (const LossClass of LOSSES) {
    using pair = await TcpPair.open();
    assertEquals(await asked(new LossClass("why"), pair.server), false);
    await pair.client.closeWrite();
    assertEquals(await asked(new LossClass("why"), pair.server), false);
    // What a client leaves unread turns its end into a reset.
    await pair.server.write(new Uint8Array(2));
    await pair.client.read(new Uint8Array(1));
    pair.client.close();
    assertEquals(await asked(new LossClass("why"), pair.server), true);
  }
});

Deno.test("isOwnClients() asks no connection about other errors", async () => {
  using pair = await TcpPair.open();
  pair.client.close();
  for (const ErrorClass of [...MISTAKES, errors.TimedOut, errors.NotFound]) {
    assertEquals(isOwnClients(new ErrorClass("why"), pair.server), false);
  }
});

Deno.test("isOwnClients() is false if the connection does not answer in time", async () => {
  class FullConnection extends MemoryConnection {
    override write(): Promise<number> {
      return new Promise(() => {});
    }
  }
  const error = new errors.ConnectionReset("why");
  assertEquals(await asked(error, new FullConnection([])), false);
});

Deno.test("isOwnClients() is true of a read that the server's own close ended", async () => {
  using pair = await TcpPair.open();
  pair.server.close();
  for (
    const [error, own] of [
      [new errors.Interrupted("why"), true],
      [new errors.ConnectionReset("why"), false],
    ] as const
  ) {
    assertEquals(await asked(error, pair.server), own);
  }
});

Deno.test({
  name: "isOwnClients() asks a Unix connection whether its client is lost",
  ignore: Deno.build.os === "windows",
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/socket`;
    using listener = Deno.listen({ transport: "unix", path });
    const [server, client] = await Promise.all([
      listener.accept(),
      Deno.connect({ transport: "unix", path }),
    ]);
    using _ = server;
    const error = new errors.BrokenPipe("why");
    assertEquals(await asked(error, server), false);
    client.close();
    assertEquals(await server.read(new Uint8Array(1)), null);
    // It is asked for a quarter of a second: a machine may stand still for longer.
    for (let i = 0; !await asked(error, server); i++) assert(i < 20);
  },
});
