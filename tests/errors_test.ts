import { assertEquals, assertInstanceOf } from "@std/assert";
import {
  ChildProcessError,
  HandlerNotFoundError,
  LineTooLongError,
  NoReplyAddressError,
  RemoteProtocolError,
  ThreadError,
  UnexpectedEof,
} from "@socketserver/socketserver";

for (
  const [ErrorClass, base] of [
    [LineTooLongError, RangeError],
    [NoReplyAddressError, TypeError],
    [HandlerNotFoundError, TypeError],
    [ThreadError, Error],
    [RemoteProtocolError, Error],
  ] as const
) {
  Deno.test(`${ErrorClass.name} is one of ${base.name}'s, under its own name`, () => {
    const error = new ErrorClass("what happened");
    assertInstanceOf(error, base);
    assertEquals(`${error}`, `${ErrorClass.name}: what happened`);
  });
}

Deno.test("UnexpectedEof is Deno's error and carries what came", () => {
  const partial = new Uint8Array([1, 2]);
  const error = new UnexpectedEof("too short", partial);
  assertInstanceOf(error, Deno.errors.UnexpectedEof);
  assertEquals(error.partial, partial);
  assertEquals(`${error}`, "UnexpectedEof: too short");
});

Deno.test("ChildProcessError tells how the process ended", () => {
  const end = { code: 3, signal: null, stderr: "last words" };
  const error = new ChildProcessError("ended", end);
  assertInstanceOf(error, Error);
  const { code, signal, stderr } = error;
  assertEquals({ code, signal, stderr }, end);
  assertEquals(`${error}`, "ChildProcessError: ended");
});
