import { assertThrows } from "@std/assert";
import {
  checkCounts,
  checkDurations,
  checkOptions,
  checkSwitches,
  checkTexts,
  checkTimeLimits,
} from "../src/option_checks.ts";

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

Deno.test("checkTimeLimits() takes more than no time, and null for ever", () => {
  checkTimeLimits({ some: 0.5, ever: Infinity, none: null, left: undefined });
});

Deno.test("checkTimeLimits() refuses what is no number of seconds above 0", () => {
  for (const value of [0, -1, NaN, "30", {}]) {
    assertThrows(
      () => checkTimeLimits({ "tls.handshakeTimeout": value }),
      typeof value === "number" ? RangeError : TypeError,
      `Cannot create the server as tls.handshakeTimeout must be a number of seconds above 0, or null: current value is ${
        Deno.inspect(value)
      }`,
    );
  }
});

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
