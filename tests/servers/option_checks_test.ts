import {
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  checkData,
  checkHandlerClass,
  checkServeOptions,
} from "../../src/servers/option_checks.ts";

Deno.test("checkHandlerClass() takes a function, and a class whose instances can be run", () => {
  checkHandlerClass(() => {});
  checkHandlerClass(
    class {
      run(): void {}
    },
  );
});

for (const value of [class Point {}, {}, "EchoHandler", null, undefined]) {
  Deno.test(`checkHandlerClass() refuses ${Deno.inspect(value)}`, () => {
    assertThrows(
      () => checkHandlerClass(value),
      TypeError,
      `RequestHandlerClass must be a handler class or a function: current value is ${
        Deno.inspect(value)
      }`,
    );
  });
}

Deno.test("checkData() takes what can be cloned, memory that is shared too", () => {
  const shared = new SharedArrayBuffer(4);
  checkData({ shared, map: new Map([[1n, new Date(0)]]) }, structuredClone);
  checkData(undefined, () => {
    throw new Error("There is nothing to clone");
  });
});

Deno.test("checkData() says of what cannot be cloned why", () => {
  const error = assertThrows(
    () => checkData({ log() {} }, structuredClone),
    TypeError,
    "Cannot create the server as data must be structured-cloneable: current value is {",
  );
  assertInstanceOf(error.cause, DOMException);
});

Deno.test("checkServeOptions() takes a signal, an interval, both, and none", () => {
  const { signal } = new AbortController();
  for (const pollInterval of [0, 0.5, Infinity, null]) {
    checkServeOptions({ signal, pollInterval });
  }
  checkServeOptions({ signal: null });
  for (const none of [{}, null, undefined]) checkServeOptions(none);
});

const MISTAKES: Record<string, unknown> = {
  "options must be an object": "abc",
  "signal must be an AbortSignal": { signal: new AbortController() },
  "pollInterval must be a number of seconds or null: current value is 1n": {
    pollInterval: 1n,
  },
  "pollInterval must be a number of seconds or null: current value is NaN": {
    pollInterval: NaN,
  },
  "pollInterval must not be negative: current value is -1": {
    pollInterval: -1,
  },
};
for (const [rule, options] of Object.entries(MISTAKES)) {
  Deno.test(`checkServeOptions() refuses ${Deno.inspect(options)}`, () => {
    const error = assertThrows(() => checkServeOptions(options), Error);
    assertStringIncludes(error.message, `Cannot serve as ${rule}`);
    const isRange = /NaN|negative/.test(rule);
    assertInstanceOf(error, isRange ? RangeError : TypeError);
  });
}
