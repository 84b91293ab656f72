import { escapeControls } from "./escape_controls.ts";

// Whatever is thrown must be describable: an error whose getters throw, a proxy,
// a message of 100 MB. So every part of it is read by attempt(), and cut. The
// figures are characters, before they are escaped.
const LONGEST_NAME = 256;
const LONGEST_MESSAGE = 4096;
const LONGEST_STACK = 16_384;
const LONGEST_PROPERTY = 512;
/** In the line of an error that stands for others. */
const LONGEST_CAUSE = 512;
const MOST_PROPERTIES = 16;
/** How many errors are described, and how deep within each other. */
const MOST_ERRORS = 16;
const DEEPEST_PART = 8;
const DEEPEST_SUMMARY = 3;

/** A line of a stack that says where, not what. */
const FRAME = /^ +at /;
/** What is no property of an error's own, or has a place of its own. */
const KNOWN_KEYS = ["name", "message", "stack", "cause", "errors"];

/** An error in one line; instead of a `SuppressedError`, the real causes. */
export function summaryOf(error: unknown): string {
  return isSuppressedError(error)
    ? causesOf(error, DEEPEST_SUMMARY)
    : headerOf(error);
}

/**
 * An error with its stack, its further properties, and the errors that it
 * stands for, each once. Only where a stack has line breaks are there any.
 */
export function describe(error: unknown): string {
  const lines: string[] = [];
  const described = new Set<unknown>();
  const add = (label: string, part: unknown, depth: number): void => {
    if (described.has(part)) {
      lines.push(`${label}${headerOf(part)} (described above)`);
    } else if (depth > DEEPEST_PART || described.size === MOST_ERRORS) {
      lines.push(`${label}${headerOf(part)} (not described further)`);
    } else {
      if (isError(part)) described.add(part);
      lines.push(label + headerOf(part), ...detailsOf(part));
      for (const [label, inner] of partsOf(part)) add(label, inner, depth + 1);
    }
  };
  add("", error, 1);
  return lines.join("\n");
}

/** What a `SuppressedError` stands for: "both failed" says nothing of it. */
function causesOf(error: SuppressedError, depth: number): string {
  return [() => error.suppressed, () => error.error].map((read) => {
    const part = attempt(read, undefined);
    const text = depth > 1 && isSuppressedError(part)
      ? causesOf(part, depth - 1)
      : nameAndMessage(part);
    return cut(text, LONGEST_CAUSE);
  }).join("; then ");
}

function headerOf(error: unknown): string {
  const header = nameAndMessage(error);
  return isSuppressedError(error)
    ? `${header} (${causesOf(error, DEEPEST_SUMMARY)})`
    : header;
}

/** Name and message, or whatever was thrown in place of an error. */
function nameAndMessage(error: unknown): string {
  if (!isError(error)) {
    return `A thrown value: ${inspect(error, LONGEST_MESSAGE)}`;
  }
  const name = attempt(() => clean(error.name, LONGEST_NAME), "Error");
  const message = attempt(
    () => clean(error.message, LONGEST_MESSAGE),
    "(a message that cannot be read)",
  );
  return name && message ? `${name}: ${message}` : name || message;
}

function detailsOf(error: unknown): string[] {
  if (!isError(error)) return [];
  return [
    ...attempt(() => framesOf(error), []),
    ...attempt(() => propertiesOf(error), []),
  ];
}

/**
 * The lines that follow the header in a stack.
 *
 * The header holds the name and the message of when the error was made, which
 * may be others by now. It is left out where it is still the same, and else
 * whatever is not the line of a frame.
 */
function framesOf(error: Error): string[] {
  const { stack } = error;
  if (typeof stack !== "string") return [];
  const message = attempt(() => String(error.message), "");
  const start = stack.indexOf(": ") + 2;
  const isHeaded = message !== "" && stack.startsWith(message, start);
  const end = start + message.length;
  const frames = isHeaded
    ? stack.slice(end, end + LONGEST_STACK)
    : stack.slice(-LONGEST_STACK);
  return frames.split("\n").filter((line) => FRAME.test(line))
    .map(escapeControls);
}

function propertiesOf(error: Error): string[] {
  const known = isSuppressedError(error)
    ? [...KNOWN_KEYS, "error", "suppressed"]
    : KNOWN_KEYS;
  const keys = new Set(Object.keys(error));
  if (Object.hasOwn(error, "code")) keys.add("code");
  return [...keys].filter((key) => !known.includes(key))
    .slice(0, MOST_PROPERTIES)
    .map((key) => [key, Object.getOwnPropertyDescriptor(error, key)] as const)
    .filter(([_, property]) => property !== undefined && "value" in property)
    .map(([key, property]) =>
      `    ${clean(key, LONGEST_NAME)}: ${
        inspect(property!.value, LONGEST_PROPERTY)
      }`
    );
}

/** The errors that an error stands for, and how each is introduced. */
function partsOf(error: unknown): [label: string, part: unknown][] {
  if (!isError(error)) return [];
  const parts: [string, unknown][] = [];
  const add = (label: string, read: () => unknown) => {
    const part = attempt(read, undefined);
    if (part !== undefined) parts.push([label, part]);
  };
  add("Caused by ", () => error.cause);
  if (isSuppressedError(error)) {
    add("The first error: ", () => error.suppressed);
    add("The next error: ", () => error.error);
  }
  const errors = attempt(() => (error as AggregateError).errors, undefined);
  const count = attempt(() => Array.isArray(errors) ? errors.length : 0, 0);
  for (let i = 0; i < Math.min(count, MOST_ERRORS); i++) {
    add("One of its errors: ", () => errors![i]);
  }
  return parts;
}

function isError(value: unknown): value is Error {
  return attempt(() => value instanceof Error, false);
}

function isSuppressedError(value: unknown): value is SuppressedError {
  return attempt(() => value instanceof SuppressedError, false);
}

/** A value in one line. */
function inspect(value: unknown, longest: number): string {
  return attempt(() => {
    const shown = typeof value === "string" ? cut(value, longest) : value;
    const text = Deno.inspect(shown, {
      breakLength: Infinity,
      compact: true,
      depth: 2,
      iterableLimit: 16,
      strAbbreviateSize: longest,
    });
    return clean(text, longest);
  }, "(a value that cannot be shown)");
}

function clean(text: unknown, longest: number): string {
  return escapeControls(cut(String(text), longest));
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}

/** What `read` gives, or else the other: even to look at an error may throw. */
function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
