// deno-lint-ignore-file no-console -- what the library prints is what it tests

import {
  assert,
  assertEquals,
  assertFalse,
  assertStringIncludes,
} from "@std/assert";
import { printRequestError } from "../../src/servers/error_report.ts";
import { ConsoleErrors } from "../fixtures/console_errors.ts";

const ADDRESS: Deno.Addr = {
  transport: "tcp",
  hostname: "127.0.0.1",
  port: 80,
};

function printed(error: unknown, address?: Deno.Addr): string {
  using errors = new ConsoleErrors();
  // Nothing needs to be asked about a request that is no connection.
  assertEquals(printRequestError(error, {}, address), undefined);
  assertEquals(errors.texts.length, 1);
  return errors.texts[0]!;
}

/** Where each line of a report begins that is no frame of a stack. */
function lines(report: string): string[] {
  return report.split("\n").filter((line) => !line.startsWith("    at "));
}

const RULE = "-".repeat(40);
const HEAD = "Exception occurred during processing of request";
const FORGED = "\nException occurred during processing of request from 6.6.6.6";

Deno.test("printRequestError() prints the address, name and message, and the stack", () => {
  const error = new RangeError("the bug");
  const report = printed(error, ADDRESS);
  assertEquals(
    report,
    `${RULE}\n${HEAD} from 127.0.0.1:80\n${error.stack}\n${RULE}`,
  );
});

Deno.test("printRequestError() shows both errors of a SuppressedError, in order", () => {
  const first = new RangeError("the real bug");
  const next = new TypeError("the cleanup", { cause: new Error("its cause") });
  const text = printed(new SuppressedError(next, first, "Both failed"));
  assertStringIncludes(
    text,
    "SuppressedError: Both failed (RangeError: the real bug; then TypeError: the cleanup)\n",
  );
  assertStringIncludes(text, `The first error: ${first.stack!}`);
  assertStringIncludes(text, `The next error: ${next.stack!}`);
  assertStringIncludes(text, "Caused by Error: its cause");
});

Deno.test("printRequestError() shows the errors of an AggregateError", () => {
  const text = printed(new AggregateError([new RangeError("one of many")]));
  assertStringIncludes(text, "RangeError: one of many");
});

Deno.test("printRequestError() shows an error's further properties", () => {
  const error = Object.assign(new Error("why"), {
    status: 503,
    "a\nb": "c\nd",
  });
  Object.defineProperty(error, "code", { value: "ECONNREFUSED" });
  const text = printed(error);
  assertStringIncludes(text, '\n    code: "ECONNREFUSED"');
  assertStringIncludes(text, "\n    status: 503");
  assertStringIncludes(text, '\n    a\\nb: "c\\nd"');
});

Deno.test("printRequestError() shows errors within each other, each once, to a depth", () => {
  const inner = new SuppressedError(new Error("c"), new Error("b"), "inner");
  const text = printed(new SuppressedError(inner, new Error("a"), "outer"));
  for (const part of ["outer", "inner", "Error: a", "Error: b", "Error: c"]) {
    assertStringIncludes(text, part);
  }
  const cyclic = new SuppressedError(null, null, "cyclic");
  cyclic.suppressed = cyclic.error = cyclic.cause = cyclic;
  assertEquals(printed(cyclic).match(/described above/g)?.length, 3);
  let deep = new Error("the root");
  for (let i = 0; i < 20_000; i++) deep = new Error(`${i}`, { cause: deep });
  const report = printed(deep);
  assertStringIncludes(report, "Error: 19993");
  assertFalse(report.includes("Error: 19990"));
  const wide = new AggregateError(Array.from({ length: 999 }, Error), "wide");
  wide.errors.push(wide);
  assert(printed(wide).split("One of its errors").length < 20);
});

/** Whatever can be done by what is thrown to whoever looks at it. */
const throwing = () => {
  throw new Error("you shall not look");
};
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable(new Error("gone"), {});
  revoke();
  return proxy;
};
const traps = Object.fromEntries(
  Object.getOwnPropertyNames(Reflect).map((trap) => [trap, throwing]),
);
const withGetter = (key: string, error: Error = new Error("text")) =>
  Object.defineProperty(error, key, { get: throwing, enumerable: true });
const HOSTILE: Record<string, () => unknown> = {
  "undefined": () => undefined,
  "null": () => null,
  "a symbol": () => Symbol("mark"),
  "a BigInt": () => 42n,
  "a function": () => throwing,
  "an object without a prototype": () => Object.create(null),
  "a revoked proxy": revoked,
  "a proxy that throws": () => new Proxy(new Error(), traps),
  "an error whose cause is a revoked proxy": () =>
    new Error("outer", { cause: revoked() }),
  "a SuppressedError of proxies": () =>
    new SuppressedError(revoked(), new Proxy(new Error(), traps)),
  "an AggregateError of proxies": () => new AggregateError([revoked()]),
  "an AggregateError whose errors are a proxy": () =>
    Object.assign(new AggregateError([]), { errors: new Proxy([], traps) }),
  "an AggregateError whose errors never end": () =>
    Object.assign(new AggregateError([]), {
      errors: {
        *[Symbol.iterator]() {
          for (;;) yield 1;
        },
      },
    }),
  ...Object.fromEntries(
    ["name", "message", "stack", "cause", "code", "errors"].map((key) => [
      `an error whose ${key} throws`,
      () => withGetter(key),
    ]),
  ),
  ...Object.fromEntries(
    ["error", "suppressed"].map((key) => [
      `a SuppressedError whose ${key} throws`,
      () => withGetter(key, new SuppressedError(1, 2)),
    ]),
  ),
  "an error whose message is a symbol": () =>
    Object.assign(new Error(), { message: Symbol("mark") }),
  "an error whose message is no text": () =>
    Object.assign(new Error(), { message: { toString: throwing } }),
  "an error whose stack is no text": () =>
    Object.assign(new Error("text"), { stack: { split: throwing } }),
  "a value whose inspection throws": () => ({
    [Symbol.for("Deno.customInspect")]: throwing,
  }),
  "an error with a property whose inspection throws": () =>
    Object.assign(new Error("text"), {
      detail: { [Symbol.for("Deno.customInspect")]: throwing },
    }),
  "a value whose text is hostile": () => ({
    [Symbol.for("Deno.customInspect")]: () => FORGED,
  }),
};

for (const [what, make] of Object.entries(HOSTILE)) {
  Deno.test(`printRequestError() prints ${what}`, () => {
    const report = printed(make(), ADDRESS);
    const [rule, head, header, ...more] = lines(report);
    assertEquals([rule, head], [RULE, `${HEAD} from 127.0.0.1:80`]);
    assert(header!.length > 5, report);
    assertEquals(more.at(-1), RULE);
    assertFalse(more.some((line) => line.startsWith("Exception")));
  });
}

for (const thrown of ["a\ntext", 42n, { reason: 7 }, undefined, Symbol("a")]) {
  Deno.test(`printRequestError() shows ${Deno.inspect(thrown)}, which is no error, in one line`, () => {
    assertStringIncludes(
      printed(thrown),
      `\nA thrown value: ${Deno.inspect(thrown)}\n${RULE}`,
    );
  });
}

/** Errors that hold a text in each of the places that there are. */
const PLACES: Record<string, (text: string) => unknown> = {
  message: (text) => new Error(text),
  name: (text) => Object.assign(new Error("why"), { name: text }),
  "message that was changed later": (text) =>
    Object.assign(new Error(text), { message: "harmless" }),
  stack: (text) => Object.assign(new Error("why"), { stack: text }),
  code: (text) => Object.assign(new Error("why"), { code: text }),
  property: (text) => Object.assign(new Error("why"), { [text]: 1 }),
  cause: (text) => new Error("why", { cause: text }),
  "cause's message": (text) => new Error("why", { cause: new Error(text) }),
  "SuppressedError's parts": (text) =>
    new SuppressedError(text, new Error(text)),
  "AggregateError's parts": (text) =>
    new AggregateError([new Error(text), text]),
  "thrown text": (text) => text,
};

for (const [place, make] of Object.entries(PLACES)) {
  Deno.test(`printRequestError() lets no ${place} forge a line`, () => {
    const unsafe = "\r\n\t\0\x1b[2J\x7f\x85\x9b\u2028\u2029\u202e\u2066\ud800";
    for (const text of [FORGED, `${FORGED}\n    at forged`, unsafe]) {
      const report = printed(make(text), ADDRESS);
      const printable = report.replaceAll("\n", "");
      assertEquals(
        printable.match(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/gu),
        null,
      );
      const forged = report.split("\n").filter((line) =>
        line.startsWith("Exception")
      );
      assertEquals(forged, [`${HEAD} from 127.0.0.1:80`]);
    }
  });
}

Deno.test("printRequestError() leaves out a frame that a message forges", () => {
  const text = printed(new Error("boom\n    at forged (file:///x.ts:1:1)"));
  assertStringIncludes(text, "Error: boom\\n    at forged");
  assertFalse(text.includes("\n    at forged"));
  assertStringIncludes(text, "error_report_test.ts");
});

Deno.test("printRequestError() shows other characters as they are", () => {
  const text = "naïve 日本語 😀 \u{1F469}\u200D\u{1F680} \\n";
  assertStringIncludes(printed(new Error(text)), `Error: ${text}\n    at `);
});

Deno.test("printRequestError() cuts what is very long", () => {
  for (const [place, make] of Object.entries(PLACES)) {
    const length = place === "message" ? 100_000_000 : 1_000_000;
    const report = printed(make("x".repeat(length)));
    assert(report.length < 20_000, `${report.length}`);
  }
  const many = new AggregateError(
    Array.from({ length: 99 }, () => new Error("\x1b".repeat(5000))),
  );
  const report = printed(many);
  assert(report.length < 66_000, `${report.length}`);
  assertEquals(lines(report).at(-1), RULE);
});

Deno.test("printRequestError() names a client that has no name, or an odd one", () => {
  for (
    const [path, name] of [
      [null, "an unnamed Unix socket"],
      ["/tmp/a\nb", "/tmp/a\\nb"],
      ["\0a\0", "@a\\x00"],
    ]
  ) {
    const address = { transport: "unix", path } as Deno.UnixAddr;
    assertStringIncludes(printed("x", address), `${HEAD} from ${name}\n`);
  }
  const odd = "text" as unknown as Deno.Addr;
  assertStringIncludes(printed("x", odd), `${HEAD} from an unknown address\n`);
});

Deno.test("printRequestError() drops a report that cannot be printed", () => {
  const { error } = console;
  let calls = 0;
  console.error = () => {
    calls++;
    throw new Deno.errors.BrokenPipe("nobody reads");
  };
  try {
    printRequestError(new Error("why"), {}, undefined);
  } finally {
    console.error = error;
  }
  assertEquals(calls, 1);
});
