/** How much of a value an error's message shows, in characters. */
const LONGEST_TEXT = 1000;

/**
 * Shows a value in an error's message. It never throws, whatever the value is:
 * some cannot even be looked at.
 */
export function inspected(value: unknown): string {
  try {
    const text = Deno.inspect(value, { strAbbreviateSize: LONGEST_TEXT });
    // Of a string, that is beside its quotes and what says that it goes on.
    return typeof value === "string" || text.length <= LONGEST_TEXT
      ? text
      : `${text.slice(0, LONGEST_TEXT)}…`;
  } catch {
    return "a value that cannot be shown";
  }
}
