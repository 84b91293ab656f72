import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  HandlerNotFoundError,
  LineTooLongError,
  NoReplyAddressError,
  RemoteProtocolError,
  UnexpectedEof,
} from "@socketserver/socketserver";
import { ServerStoppingError } from "../../src/errors.ts";
import {
  jsonPayload,
  MAX_ERROR_DEPTH,
  MAX_ERROR_PARTS,
  MAX_TEXT,
} from "../../src/remote/frames.ts";
import { errorIn, errorPayload } from "../../src/remote/remote_error.ts";
import {
  ELSEWHERE,
  noteOrigin,
  originOf,
} from "../../src/streams/error_origin.ts";

/** What the server gets of what was thrown. */
function carried(thrown: unknown): Error & { code?: unknown } {
  return errorIn(errorPayload(thrown) as Uint8Array<ArrayBuffer>);
}

Deno.test("errorIn() gives name, message and the far stack", () => {
  const error = new RangeError("beyond the end");
  const { name, message, stack } = carried(error);
  assertEquals([name, message, stack], [
    "RangeError",
    "beyond the end",
    error.stack,
  ]);
});

const CLASSES: (new (message: string) => Error)[] = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  HandlerNotFoundError,
  LineTooLongError,
  NoReplyAddressError,
  RemoteProtocolError,
  ServerStoppingError,
  ...Object.values(Deno.errors).filter((ErrorClass) =>
    ErrorClass !== Deno.errors.UnexpectedEof
  ),
];

for (const ErrorClass of CLASSES) {
  Deno.test(`errorIn() gives an instance of ${ErrorClass.name}`, () => {
    const error = carried(new ErrorClass("why"));
    assertStrictEquals(error.constructor, ErrorClass);
    assertEquals([error.name, error.message], [ErrorClass.name, "why"]);
  });
}

Deno.test("errorIn() gives an UnexpectedEof of the library's own", () => {
  const error = carried(new UnexpectedEof("the end", new Uint8Array(3)));
  assertInstanceOf(error, UnexpectedEof);
  assertInstanceOf(error, Deno.errors.UnexpectedEof);
  assertEquals(error.message, "the end");
});

Deno.test("errorIn() gives an Error of the same name for a class it does not know", () => {
  class QuotaError extends Error {
    override name = "QuotaError";
  }
  const error = carried(new QuotaError("all used up"));
  assertStrictEquals(error.constructor, Error);
  assertEquals(`${error}`, "QuotaError: all used up");
});

for (const name of ["constructor", "toString", "__proto__", ""]) {
  Deno.test(`errorIn() gives an Error for the name ${JSON.stringify(name)}`, () => {
    const error = carried(Object.assign(new Error("odd"), { name }));
    assertStrictEquals(error.constructor, Error);
    assertEquals([error.name, error.message], [name, "odd"]);
  });
}

Deno.test("errorIn() gives the code of a system's error", () => {
  const error = Object.assign(new Deno.errors.AddrInUse("taken"), {
    code: "EADDRINUSE",
  });
  assertEquals(carried(error).code, "EADDRINUSE");
});

Deno.test("errorIn() gives causes, whose stacks are theirs", () => {
  const root = new SyntaxError("the root");
  const middle = new TypeError("in between", { cause: root });
  const { cause } = carried(new Error("the top", { cause: middle }));
  assertInstanceOf(cause, TypeError);
  assertEquals(cause.stack, middle.stack);
  assertInstanceOf(cause.cause, SyntaxError);
  assertEquals(cause.cause.message, "the root");
});

Deno.test("errorIn() gives a cause that is no error as an Error that shows it", () => {
  const { cause } = carried(new Error("top", { cause: { reason: 7 } }));
  assertInstanceOf(cause, Error);
  assertStringIncludes(cause.message, "{ reason: 7 }");
});

Deno.test("errorIn() gives a cyclic cause a number of times", () => {
  const error = new Error("my own cause");
  error.cause = error;
  let depth = 0;
  let current: unknown = carried(error);
  while (current instanceof Error) {
    assertEquals(current.message, "my own cause");
    current = current.cause;
    depth++;
  }
  assert(depth > 1 && depth < 20, `${depth}`);
});

Deno.test("errorIn() gives the parts of a SuppressedError", () => {
  const error = carried(
    new SuppressedError(
      new Deno.errors.BrokenPipe("at the end"),
      new RangeError("before"),
      "Both failed",
    ),
  );
  assertInstanceOf(error, SuppressedError);
  assertEquals([error.name, error.message], ["SuppressedError", "Both failed"]);
  assertInstanceOf(error.error, Deno.errors.BrokenPipe);
  assertInstanceOf(error.suppressed, RangeError);
  assertEquals(error.suppressed.message, "before");
});

Deno.test("errorIn() gives the parts of an AggregateError", () => {
  const parts = [new TypeError("one"), "two", new AggregateError([3], "three")];
  const error = carried(new AggregateError(parts, "All failed"));
  assertInstanceOf(error, AggregateError);
  assertEquals([error.name, error.message], ["AggregateError", "All failed"]);
  const [one, two, three] = error.errors;
  assertInstanceOf(one, TypeError);
  assertStringIncludes(two.message, "two");
  assertInstanceOf(three, AggregateError);
  assertStringIncludes(three.errors[0].message, "3");
});

Deno.test("errorIn() gives an AggregateError for a class that extends it", () => {
  class ManyError extends AggregateError {
    override name = "ManyError";
  }
  const error = carried(new ManyError([new TypeError("one")], "many"));
  assertInstanceOf(error, AggregateError);
  assertEquals(`${error}`, "ManyError: many");
  assertEquals(error.errors.map(String), ["TypeError: one"]);
});

/** How many errors there are in one, with itself. */
function sizeOf(error: unknown): number {
  if (!(error instanceof Error)) return 0;
  const parts: unknown[] = error instanceof SuppressedError
    ? [error.error, error.suppressed]
    : error instanceof AggregateError
    ? error.errors
    : [];
  return [error.cause, ...parts].reduce<number>(
    (sum, part) => sum + sizeOf(part),
    1,
  );
}

Deno.test("errorIn() gives a number of the parts of an error that has very many", () => {
  const wide = new AggregateError(Array.from({ length: 9999 }, Error), "wide");
  const deep = new SuppressedError(null, null, "deep");
  deep.error = deep.suppressed = deep.cause = deep;
  const cyclic = new AggregateError([], "cyclic");
  cyclic.errors = [cyclic, cyclic, cyclic];
  for (const error of [wide, deep, cyclic]) {
    const size = sizeOf(carried(error));
    assert(size > 8 && size < 100, `${size}`);
  }
});

for (
  const parts of [
    { name: "AggregateError" },
    { name: "SuppressedError" },
  ]
) {
  Deno.test(`errorIn() gives an error for ${JSON.stringify(parts)}`, () => {
    const error = errorIn(jsonPayload({ message: "forged", ...parts }));
    assertEquals(`${error}`, `${parts.name}: forged`);
    assertEquals(typeof error.stack, "string");
    assertEquals("code" in error, false);
  });
}

/** A record of an error within errors, so many levels deep. */
function nested(depth: number, key: string): object {
  let record: object = { name: "Error", message: "the root" };
  for (let i = 0; i < depth; i++) {
    const part = key === "errors" ? [record] : record;
    const name = key === "suppressed" ? "SuppressedError" : "Error";
    record = { name, message: "", [key]: part };
  }
  return record;
}

for (const key of ["cause", "error", "suppressed", "errors"]) {
  Deno.test(`errorIn() takes an error with a ${key} ${MAX_ERROR_DEPTH} levels deep, and no deeper`, () => {
    const allowed = errorIn(jsonPayload(nested(MAX_ERROR_DEPTH, key)));
    assertEquals(sizeOf(allowed), MAX_ERROR_DEPTH + 1);
    assertThrows(
      () => errorIn(jsonPayload(nested(MAX_ERROR_DEPTH + 1, key))),
      RemoteProtocolError,
      `it must be nested at most ${MAX_ERROR_DEPTH} deep: current value is ${
        MAX_ERROR_DEPTH + 1
      }`,
    );
  });
}

Deno.test("errorPayload() carries causes as deep as errorIn() takes them", () => {
  let error = new Error(`${MAX_ERROR_DEPTH + 1}`);
  for (let i = MAX_ERROR_DEPTH; i >= 0; i--) {
    error = new Error(`${i}`, { cause: error });
  }
  const messages: string[] = [];
  for (let it: unknown = carried(error); it instanceof Error; it = it.cause) {
    messages.push(it.message);
  }
  assertEquals(messages.length, MAX_ERROR_DEPTH + 1);
  assertEquals(messages.at(-1), `${MAX_ERROR_DEPTH}`);
});

Deno.test(`errorIn() takes an error of ${MAX_ERROR_PARTS} parts, and no more`, () => {
  const part = { name: "", message: "" };
  const wide = (count: number) =>
    jsonPayload({ ...part, errors: Array.from({ length: count }, () => part) });
  assertEquals(sizeOf(errorIn(wide(MAX_ERROR_PARTS))), MAX_ERROR_PARTS + 1);
  assertThrows(
    () => errorIn(wide(MAX_ERROR_PARTS + 1)),
    RemoteProtocolError,
    `it must have at most ${MAX_ERROR_PARTS} causes and parts`,
  );
});

Deno.test(`errorIn() takes a text of ${MAX_TEXT} bytes, and no more`, () => {
  const text = (spare: number) => {
    const empty = JSON.stringify({ name: "", message: "" }).length;
    return jsonPayload({ name: "", message: "x".repeat(spare - empty) });
  };
  errorIn(text(MAX_TEXT));
  assertThrows(
    () => errorIn(text(MAX_TEXT + 1)),
    RemoteProtocolError,
    `at most ${MAX_TEXT} bytes: current value is ${MAX_TEXT + 1}`,
  );
});

const WHOLE = { name: "Error", message: "forged" };
for (
  const [what, payload, rule] of [
    ["without a message", jsonPayload({ name: "Error" }), "message"],
    ["whose name is a list", jsonPayload({ ...WHOLE, name: ["E"] }), "name"],
    ["whose message is null", jsonPayload({ ...WHOLE, message: null }), "mess"],
    ["whose stack is no text", jsonPayload({ ...WHOLE, stack: {} }), "stack"],
    ["whose code is a number", jsonPayload({ ...WHOLE, code: 5 }), "code"],
    ["whose cause is a text", jsonPayload({ ...WHOLE, cause: "" }), "object"],
    ["whose error is a number", jsonPayload({ ...WHOLE, error: 5 }), "object"],
    [
      "that suppressed null",
      jsonPayload({ ...WHOLE, suppressed: null }),
      "obj",
    ],
    ["whose errors are a text", jsonPayload({ ...WHOLE, errors: "" }), "list"],
    [
      "with errors that are none",
      jsonPayload({ ...WHOLE, errors: [5] }),
      "obj",
    ],
    ["within a list", jsonPayload([WHOLE]), "name"],
    ["with bytes behind it", jsonPayload(WHOLE, new Uint8Array(1)), "bytes"],
    ...["true", 1, null, {}].map((client) =>
      [
        `whose client is ${JSON.stringify(client)}`,
        jsonPayload({ ...WHOLE, client }),
        "client",
      ] as const
    ),
  ] as const
) {
  Deno.test(`errorIn() refuses an error ${what}`, () => {
    const { message } = assertThrows(
      () => errorIn(payload),
      RemoteProtocolError,
    );
    assertMatch(message, /^Cannot read an error as .+: current value is .+$/s);
    assertStringIncludes(message, rule);
  });
}

for (
  const thrown of [
    "a text",
    42n,
    null,
    undefined,
    { reason: 7 },
    Symbol("mark"),
    [1, 2],
  ]
) {
  Deno.test(`errorIn() gives an Error that shows ${Deno.inspect(thrown)}`, () => {
    const error = carried(thrown);
    assertStrictEquals(error.constructor, Error);
    assertStringIncludes(error.message, Deno.inspect(thrown));
  });
}

Deno.test("errorIn() gives an Error for a value that cannot be shown", () => {
  const thrown = {
    [Symbol.for("Deno.customInspect")]() {
      throw new Error("you shall not see");
    },
  };
  assertInstanceOf(carried(thrown), Error);
});

/** An error whose parts are all as long as they may be wished to be. */
function giant(character: string, causes: number): Error {
  const text = character.repeat(100_000);
  const error = new Error(text, {
    cause: causes > 0 ? giant(character, causes - 1) : text,
  });
  return Object.assign(error, { name: text, stack: text, code: text });
}

for (const character of ["a", "€", "😀", '"', "\0", "\ud800"]) {
  Deno.test(`errorPayload() of a giant error made of ${JSON.stringify(character)} fits a frame`, () => {
    const payload = errorPayload(giant(character, 20));
    assert(payload.length <= MAX_TEXT, `${payload.length}`);
    const { message } = errorIn(payload as Uint8Array<ArrayBuffer>);
    assert(message.length > 100 && message.length < 100_000);
    assertStringIncludes(message, character.repeat(100));
  });
}

for (
  const [what, error] of Object.entries({
    "whose message cannot be read": Object.defineProperty(
      new Error(),
      "message",
      {
        get() {
          throw new Error("you shall not read");
        },
      },
    ),
    "whose message is a symbol": Object.assign(new Error(), {
      message: Symbol("mark"),
    }),
    "whose cause cannot be read": Object.defineProperty(new Error(), "cause", {
      get() {
        throw new Error("you shall not read");
      },
    }),
  })
) {
  Deno.test(`errorIn() gives an Error for one ${what}`, () => {
    assertInstanceOf(carried(error), Error);
  });
}

Deno.test("errorIn() notes the near request for what came from the far one, with parts and causes", () => {
  const [far, near] = [{}, {}];
  const own = (error: Error) => {
    noteOrigin(error, far);
    return error;
  };
  const reset = own(new Deno.errors.ConnectionReset("by the client"));
  const pipe = new Deno.errors.BrokenPipe("of a database", { cause: reset });
  const payload = errorPayload(new SuppressedError(pipe, reset), far);
  const error = errorIn(payload as Uint8Array<ArrayBuffer>, near);
  assertInstanceOf(error, SuppressedError);
  assertStrictEquals(originOf(error), ELSEWHERE);
  assertStrictEquals(originOf(error.suppressed), near);
  assertStrictEquals(originOf(error.error), ELSEWHERE);
  assertStrictEquals(originOf(error.error.cause), near);
});

Deno.test("errorIn() notes no request if there is none", () => {
  const error = new Deno.errors.ConnectionReset("why");
  const far = [new Uint8Array(1), {}];
  noteOrigin(error, far[1]!);
  const payload = errorPayload(error, far) as Uint8Array<ArrayBuffer>;
  assertStrictEquals(originOf(errorIn(payload)), undefined);
  for (const request of [undefined, {}]) {
    const payload = errorPayload(error, request) as Uint8Array<ArrayBuffer>;
    assertStrictEquals(originOf(errorIn(payload, {})), ELSEWHERE);
  }
});

Deno.test("errorIn() gives an AggregateError whose errors never end", () => {
  const endless = Object.assign(new AggregateError([], "endless"), {
    errors: {
      *[Symbol.iterator]() {
        for (;;) yield new Error("one more");
      },
    },
  });
  assertEquals(carried(endless).message, "endless");
});
