import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  isFrom,
  noteCarrier,
  noteOrigin,
  originOf,
} from "../../src/streams/error_origin.ts";
import { onLoss } from "../../src/streams/loss_listeners.ts";

Deno.test("originOf() is the connection that noteOrigin() was first told of", () => {
  const error = new Error("reset");
  const [first, second] = [{}, {}];
  noteOrigin(error, first);
  noteOrigin(error, second);
  assertStrictEquals(originOf(error), first);
});

Deno.test("originOf() is undefined for what nobody noted, and for what is no error", () => {
  noteOrigin("text", {});
  noteOrigin(undefined, {});
  assertStrictEquals(originOf(new Error("other")), undefined);
  assertStrictEquals(originOf("text"), undefined);
  assertStrictEquals(originOf(undefined), undefined);
});

Deno.test("noteOrigin() looks at nothing: what was thrown may be a proxy that throws", () => {
  const { proxy, revoke } = Proxy.revocable(new Error("gone"), {});
  revoke();
  const connection = {};
  noteOrigin(proxy, connection);
  assertStrictEquals(originOf(proxy), connection);
});

Deno.test("isFrom() is true of a request's own connection, or a datagram's socket", () => {
  const [connection, socket] = [{}, {}];
  const request = [new Uint8Array(1), socket];
  const [error, reply, other] = [
    new Error("a"),
    new Error("b"),
    new Error("c"),
  ];
  noteOrigin(error, connection);
  noteOrigin(reply, socket);
  for (const thrown of [error, reply, other, undefined, "text"]) {
    assertEquals(isFrom(thrown, connection), thrown === error);
    assertEquals(isFrom(thrown, request), thrown === reply);
    assertEquals(isFrom(thrown, undefined), false);
  }
});

Deno.test("noteCarrier() makes errors of a connection those of another, losses too", () => {
  const [secure, plain] = [{}, {}];
  noteCarrier(secure, plain);
  const lost: unknown[] = [];
  onLoss(plain, (error) => lost.push(error));
  const error = new Deno.errors.ConnectionReset("gone");
  noteOrigin(error, secure);
  assertStrictEquals(originOf(error), secure);
  assertEquals([isFrom(error, secure), isFrom(error, plain)], [true, true]);
  assertEquals(isFrom(error, {}), false);
  assertEquals(lost, [error]);
});
