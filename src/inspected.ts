/** How much of a value an error's message shows, in characters. */
const LONGEST_TEXT = 1000;

/**
 * Shows a value in an error's message, in a line or a few. It never throws, and
 * never takes long, whatever the value is: somebody else has made it, and some
 * cannot even be looked at.
 */
export function inspected(value: unknown): string {
  let text;
  try {
    text = Deno.inspect(value, { depth: 1, strAbbreviateSize: LONGEST_TEXT });
  } catch {
    return "a value that cannot be shown";
  }
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}
