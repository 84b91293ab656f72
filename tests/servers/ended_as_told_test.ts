import { assertEquals } from "@std/assert";
import { ChildProcessError, ServerStoppingError } from "../../src/errors.ts";
import { hasEndedAsTold } from "../../src/servers/ended_as_told.ts";
import { ELSEWHERE, noteOrigin } from "../../src/streams/error_origin.ts";

const REQUEST = {};
const STOPPING = new ServerStoppingError("the server is to stop");
const OVERTIME = new Deno.errors.TimedOut("within the requestTimeout");
const LOSS = new Deno.errors.ConnectionReset("reset");

const NOT_TOLD = { request: REQUEST, reason: null, overtime: null };
const STOPPED = { ...NOT_TOLD, reason: STOPPING };
const LATE = { ...NOT_TOLD, reason: OVERTIME, overtime: OVERTIME };
/** It went on when it was told to stop, and took too long. */
const STOPPED_LATE = { ...STOPPED, overtime: OVERTIME };
const LOST = { ...NOT_TOLD, reason: LOSS };

function from<E extends Error>(origin: object, error: E): E {
  noteOrigin(error, origin);
  return error;
}

/** That of a child which another request shares that takes too long. */
const ENDED_FOR_ANOTHER = childEnd(new Deno.errors.TimedOut("another limit"));

const { BadResource, BrokenPipe, Interrupted, TimedOut } = Deno.errors;
const hostile = new Proxy({}, {
  get: () => {
    throw new RangeError("asked");
  },
  getPrototypeOf: () => {
    throw new RangeError("asked");
  },
});

const CASES: [
  what: string,
  error: unknown,
  told: Parameters<typeof hasEndedAsTold>[1],
  expected: boolean,
][] = [
  ["its reason", STOPPING, STOPPED, true],
  ["its reason, come from another isolate", clone(STOPPING), STOPPED, true],
  ["what its reason caused", causedBy(STOPPING), STOPPED, true],
  ["a ServerStoppingError without a reason", STOPPING, NOT_TOLD, false],
  ["a ServerStoppingError when it is late", STOPPING, LATE, false],
  ["a ServerStoppingError when its client is lost", STOPPING, LOST, false],
  ["an error of its own when it is to stop", new RangeError(), STOPPED, false],
  ["a closed connection when it is to stop", new BadResource(), STOPPED, false],
  ["a loss that is its reason", LOSS, LOST, false],
  ["its time-out", OVERTIME, LATE, true],
  ["its time-out, come from another isolate", clone(OVERTIME), LATE, true],
  ["what its time-out caused", causedBy(OVERTIME), LATE, true],
  ["its time-out after it was to stop", OVERTIME, STOPPED_LATE, true],
  ["its stop, late", STOPPING, STOPPED_LATE, true],
  ["a time-out of another thing", new TimedOut("database"), LATE, false],
  ["a time-out of its connection", from(REQUEST, new TimedOut()), LATE, true],
  ["a closed connection when it is late", new BadResource(), LATE, true],
  [
    "a read that was interrupted when it is late",
    new Interrupted(),
    LATE,
    true,
  ],
  [
    "a closed connection, late after a stop",
    new BrokenPipe(),
    STOPPED_LATE,
    true,
  ],
  [
    "a closed connection to elsewhere",
    from(ELSEWHERE, new BadResource()),
    LATE,
    false,
  ],
  ["an error of its own when it is late", new RangeError(), LATE, false],
  ["the end of a shared child when it is late", ENDED_FOR_ANOTHER, LATE, true],
  ["the end of a shared child", ENDED_FOR_ANOTHER, STOPPED, false],
  ["a child that crashes when it is late", childEnd(), LATE, false],
  [
    "two that are told",
    new SuppressedError(new BadResource(), OVERTIME),
    LATE,
    true,
  ],
  [
    "two of which one is not",
    new SuppressedError(new RangeError(), OVERTIME),
    LATE,
    false,
  ],
  ["what may not be looked at", hostile, LATE, false],
  ["nothing", undefined, LATE, false],
];

for (const [what, error, told, expected] of CASES) {
  Deno.test(`hasEndedAsTold() is ${expected} of ${what}`, () => {
    assertEquals(hasEndedAsTold(error, told), expected);
  });
}

function clone<E extends Error>(error: E): E {
  return new (error.constructor as new (message: string) => E)(error.message);
}

function childEnd(cause?: Error): ChildProcessError {
  const end = { code: null, signal: null, stderr: "" };
  return Object.assign(new ChildProcessError("ended", end), { cause });
}

/** As Node.js says that it has been aborted. */
function causedBy(cause: Error): Error {
  const error = new Error("The operation was aborted", { cause });
  error.name = "AbortError";
  return error;
}
