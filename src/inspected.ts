/** How much of a string an error's message shows. */
const LONGEST_TEXT = 1000;

/**
 * Shows a value in an error's message. It never throws, whatever the value is:
 * some cannot even be looked at.
 */
export function inspected(value: unknown): string {
  try {
    return Deno.inspect(value, { strAbbreviateSize: LONGEST_TEXT });
  } catch {
    return "a value that cannot be shown";
  }
}
