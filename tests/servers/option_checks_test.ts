import { assertThrows } from "@std/assert";
import {
  checkCounts,
  checkDurations,
  checkHandlerClass,
} from "../../src/servers/option_checks.ts";

const ONE_OR_MORE = { least: 1, limit: false };

for (const value of [1, 2, 2 ** 40, undefined]) {
  Deno.test(`checkCounts() takes ${value}`, () => {
    checkCounts({ count: value }, ONE_OR_MORE);
  });
}

for (const value of [0, -1, 1.5, NaN, Infinity, -Infinity]) {
  Deno.test(`checkCounts() refuses ${value}, by the option's name`, () => {
    assertThrows(
      () => checkCounts({ fine: 1, count: value }, ONE_OR_MORE),
      RangeError,
      `Cannot create the server as count must be an integer of at least 1: current value is ${value}`,
    );
  });
}

for (const value of ["1", null, 1n, {}, true]) {
  Deno.test(`checkCounts() refuses ${Deno.inspect(value)}, which is no number`, () => {
    assertThrows(
      () => checkCounts({ count: value }, ONE_OR_MORE),
      TypeError,
      `Cannot create the server as count must be a number: current value is ${
        Deno.inspect(value)
      }`,
    );
  });
}

Deno.test("checkCounts() takes Infinity for a limit, and 0 where that is enough", () => {
  checkCounts({ limit: Infinity, none: 0 }, { least: 0, limit: true });
  assertThrows(
    () => checkCounts({ limit: -1 }, { least: 0, limit: true }),
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
