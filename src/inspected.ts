/** How much of a value an error's message shows, in characters. */
const LONGEST_TEXT = 1000;

/**
 * Shows a value in an error's message, in a line or a few. It never throws, and
 * never takes long, whatever the value is: somebody else has made it, and some
 * cannot even be looked at.
 */
export function inspected(value: unknown): string {
  try {
    // Of a string, what is left out is told beside its quotes.
    const text = Deno.inspect(value, {
      depth: 1,
      strAbbreviateSize: LONGEST_TEXT,
    });
    return typeof value === "string" || text.length <= LONGEST_TEXT
      ? text
      : `${text.slice(0, LONGEST_TEXT)}…`;
  } catch {
    return "a value that cannot be shown";
  }
}
