import {
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  checkCounts,
  checkData,
  checkDurations,
  checkHandlerClass,
  checkOptions,
  checkServeOptions,
  checkSwitches,
  checkTexts,
} from "../../src/servers/option_checks.ts";

const FEW = { least: 1, most: 10 };

for (const value of [1, 2, 10, undefined]) {
  Deno.test(`checkCounts() takes ${value}`, () => {
    checkCounts({ count: value }, FEW);
  });
}

for (const value of [0, -1, 1.5, 11, 1e300, NaN, Infinity, -Infinity]) {
  Deno.test(`checkCounts() refuses ${value}, by the option's name`, () => {
    assertThrows(
      () => checkCounts({ fine: 1, count: value }, FEW),
      RangeError,
      `Cannot create the server as count must be an integer between 1 and 10: current value is ${value}`,
    );
  });
}

for (const value of ["1", null, 1n, {}, true]) {
  Deno.test(`checkCounts() refuses ${Deno.inspect(value)}, which is no number`, () => {
    assertThrows(
      () => checkCounts({ count: value }, FEW),
      TypeError,
      `Cannot create the server as count must be a number: current value is ${
        Deno.inspect(value)
      }`,
    );
  });
}

Deno.test("checkCounts() takes Infinity for a limit, and 0 where that is enough", () => {
  checkCounts({ limit: Infinity, none: 0 }, { least: 0, most: Infinity });
  assertThrows(
    () => checkCounts({ limit: -1 }, { least: 0, most: Infinity }),
    RangeError,
    "limit must be an integer of at least 0, or Infinity: current value is -1",
  );
});

for (const value of [0, -1, 0.5, Infinity, null, undefined]) {
  Deno.test(`checkDurations() takes ${value}`, () => {
    checkDurations({ timeout: value });
  });
}

Deno.test("checkDurations() refuses what is no number of seconds", () => {
  assertThrows(
    () => checkDurations({ timeout: NaN }),
    RangeError,
    "Cannot create the server as timeout must be a number of seconds or null: current value is NaN",
  );
  assertThrows(
    () => checkDurations({ timeout: "30" }),
    TypeError,
    'Cannot create the server as timeout must be a number of seconds or null: current value is "30"',
  );
});

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

Deno.test("checkOptions() takes an object, or null or undefined for none", () => {
  for (const options of [{}, new Map(), null, undefined]) checkOptions(options);
});

for (const value of ["", "abc", 0, 1n, true, [], () => {}]) {
  Deno.test(`checkOptions() refuses ${Deno.inspect(value)}`, () => {
    assertThrows(
      () => checkOptions(value),
      TypeError,
      `Cannot create the server as options must be an object: current value is ${
        Deno.inspect(value)
      }`,
    );
  });
}

Deno.test("checkSwitches() takes booleans, and refuses what is only like one", () => {
  checkSwitches({ on: true, off: false, left: undefined });
  for (const value of [0, 1, "", "no", null, {}]) {
    assertThrows(
      () => checkSwitches({ on: value }),
      TypeError,
      `Cannot create the server as on must be a boolean: current value is ${
        Deno.inspect(value)
      }`,
    );
  }
});

Deno.test("checkTexts() takes strings that are not empty", () => {
  checkTexts({ path: "/srv", left: undefined });
  for (const value of ["", null, 5, new URL("file:///srv")]) {
    assertThrows(
      () => checkTexts({ path: value }),
      TypeError,
      "path must be a string that is not empty",
    );
  }
});

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
