import { assertEquals, assertThrows } from "@std/assert";
import { RemoteProtocolError } from "@socketserver/socketserver";
import {
  FrameType,
  GRANT_SIZE,
  MAX_DATA,
  WINDOW,
} from "../../src/remote/frames.ts";
import { creditOf } from "../../src/remote/payload_checks.ts";
import { Inflow } from "../../src/remote/inflow.ts";

/** An inflow, and what it has granted. */
function inflow() {
  const grants: number[] = [];
  const flow = new Inflow((type, payload) => {
    assertEquals(type, FrameType.credit);
    grants.push(creditOf(payload!));
  });
  return { flow, grants };
}

/** Receives all that may come without a grant. */
function fill(flow: Inflow): void {
  while (flow.length < WINDOW) flow.receive(new Uint8Array(MAX_DATA), false);
}

Deno.test("Inflow.receive() keeps data in order, to be taken in any pieces", () => {
  const { flow, grants } = inflow();
  for (const bytes of [[1, 2], [], [3, 4, 5]]) {
    flow.receive(new Uint8Array(bytes), false);
  }
  assertEquals(flow.length, 5);
  assertEquals(flow.first[0], 1);
  flow.skip(1);
  const buffer = new Uint8Array(3);
  assertEquals(flow.readInto(buffer), 3);
  assertEquals(buffer, new Uint8Array([2, 3, 4]));
  assertEquals(flow.readInto(buffer), 1);
  assertEquals(buffer[0], 5);
  assertEquals(flow.length, 0);
  assertEquals(grants, []);
});

Deno.test("Inflow.receive() refuses more data than a frame may hold", () => {
  const { flow } = inflow();
  assertThrows(
    () => flow.receive(new Uint8Array(MAX_DATA + 1), false),
    RemoteProtocolError,
    `Cannot take data as a frame must hold at most ${MAX_DATA} bytes of it: current value is ${
      MAX_DATA + 1
    }`,
  );
  assertEquals(flow.length, 0);
});

Deno.test("Inflow.receive() refuses more data than was granted", () => {
  const { flow, grants } = inflow();
  fill(flow);
  flow.receive(new Uint8Array(0), false);
  const refused = [
    RemoteProtocolError,
    `Cannot take more data as at most ${WINDOW} bytes may be on their way: current value is ${
      WINDOW + 1
    }`,
  ] as const;
  assertThrows(() => flow.receive(new Uint8Array(1), false), ...refused);
  // What has been taken counts until it is granted.
  flow.skip(GRANT_SIZE - 1);
  assertThrows(() => flow.receive(new Uint8Array(1), false), ...refused);
  assertEquals(grants, []);
  flow.skip(1);
  assertEquals(grants, [GRANT_SIZE]);
  flow.receive(new Uint8Array(GRANT_SIZE), false);
  assertThrows(() => flow.receive(new Uint8Array(1), false), ...refused);
});

Deno.test("Inflow.receive() refuses data after end(), even none", () => {
  const { flow } = inflow();
  flow.receive(new Uint8Array(2), false);
  assertEquals(flow.ended, false);
  flow.end();
  assertEquals(flow.ended, true);
  for (const size of [0, 1]) {
    assertThrows(
      () => flow.receive(new Uint8Array(size), false),
      RemoteProtocolError,
      "Cannot take data as it must not follow its end",
    );
  }
  assertEquals(flow.length, 2);
});

Deno.test("Inflow.readInto() grants what it takes of several pieces at once", () => {
  const { flow, grants } = inflow();
  fill(flow);
  assertEquals(flow.readInto(new Uint8Array(GRANT_SIZE - 1)), GRANT_SIZE - 1);
  assertEquals(grants, []);
  assertEquals(flow.readInto(new Uint8Array(2 * WINDOW)), 3 * GRANT_SIZE + 1);
  assertEquals(grants, [WINDOW]);
});

Deno.test("Inflow.end() leaves what comes before it to be granted", () => {
  const { flow, grants } = inflow();
  fill(flow);
  flow.end();
  flow.skip(GRANT_SIZE);
  assertEquals(grants, [GRANT_SIZE]);
});

Deno.test("Inflow.stopGranting() lets data be taken without credit for it", () => {
  const { flow, grants } = inflow();
  fill(flow);
  flow.stopGranting();
  flow.readInto(new Uint8Array(WINDOW));
  assertEquals(flow.length, 0);
  assertEquals(grants, []);
});

Deno.test("Inflow.clear() drops what waits, without credit for it", () => {
  const { flow, grants } = inflow();
  fill(flow);
  flow.clear();
  assertEquals(flow.length, 0);
  assertEquals(grants, []);
  flow.receive(new Uint8Array([7]), false);
  assertEquals([flow.length, flow.first[0]], [1, 7]);
});
