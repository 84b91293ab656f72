import { assertEquals, assertThrows } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { RemoteProtocolError } from "@socketserver/socketserver";
import { FrameType, MAX_DATA, WINDOW } from "../../src/remote/frames.ts";
import { Outflow } from "../../src/remote/outflow.ts";

const LIMIT_MS = 10_000;

/** An outflow, and the frames that it has sent. */
function outflow() {
  const frames: [type: FrameType, payload: Uint8Array][] = [];
  const flow = new Outflow((type, payload) =>
    frames.push([type, payload!.slice()])
  );
  return { flow, frames };
}

/** Sends all that may be sent without a grant. */
function useCredit(flow: Outflow): void {
  while (flow.credit > 0) flow.send(new Uint8Array(MAX_DATA));
}

Deno.test("Outflow.send() sends a frame of data", () => {
  const { flow, frames } = outflow();
  assertEquals(flow.send(new Uint8Array([1, 2, 3])), 3);
  assertEquals(frames, [[FrameType.data, new Uint8Array([1, 2, 3])]]);
  assertEquals(flow.credit, WINDOW - 3);
});

Deno.test("Outflow.send() sends a frame for no bytes, without credit too", () => {
  const { flow, frames } = outflow();
  useCredit(flow);
  frames.length = 0;
  assertEquals(flow.send(new Uint8Array(0)), 0);
  assertEquals(frames, [[FrameType.data, new Uint8Array(0)]]);
});

Deno.test("Outflow.send() sends no more than a frame may hold", () => {
  const { flow, frames } = outflow();
  assertEquals(flow.send(new Uint8Array(MAX_DATA + 1)), MAX_DATA);
  assertEquals(frames[0]![1].length, MAX_DATA);
});

Deno.test("Outflow.send() sends no more than was granted", () => {
  const { flow, frames } = outflow();
  useCredit(flow);
  flow.grant(5);
  assertEquals(flow.send(new Uint8Array([1, 2, 3, 4, 5, 6, 7])), 5);
  assertEquals(frames.at(-1)![1], new Uint8Array([1, 2, 3, 4, 5]));
  assertEquals(flow.credit, 0);
});

Deno.test("Outflow.send() spends nothing for what is no bytes", () => {
  const { flow, frames } = outflow();
  assertThrows(() => flow.send("text" as never), TypeError);
  assertThrows(() => flow.send({ length: 9 } as never), TypeError);
  assertEquals(flow.credit, WINDOW);
  assertEquals(frames, []);
});

Deno.test("Outflow.grant() refuses more than has been sent, and adds nothing then", () => {
  const { flow } = outflow();
  flow.send(new Uint8Array(5));
  flow.grant(2);
  assertThrows(
    () => flow.grant(4),
    RemoteProtocolError,
    `Cannot take credit as it must not exceed ${WINDOW} bytes: current value is ${
      WINDOW + 1
    }`,
  );
  assertEquals(flow.credit, WINDOW - 3);
});

for (const wakes of ["grant", "wake"] as const) {
  Deno.test(`Outflow.wait() resolves at ${wakes}(), for everyone who waits`, async () => {
    const { flow } = outflow();
    useCredit(flow);
    const waits = Promise.all([flow.wait(), flow.wait()]);
    flow[wakes](1);
    await deadline(waits, LIMIT_MS);
  });
}
