/** What one measurement has shown. */
export interface Figure {
  /** What was done. */
  readonly what: string;
  /** What the server had set. */
  readonly settings: string;
  /** What was seen, with units. */
  readonly seen: string;
  /** What is wanted, with units. */
  readonly wanted: string;
}

/** How the settings of a server are shown. */
export function shown(options: object): string {
  const entries = Object.entries(options);
  if (entries.length === 0) return "defaults";
  return entries.map(([name, value]) => `\`${name}: ${value}\``).join(", ");
}

/** How an amount of memory is shown. */
export function mebibytes(kilobytes: number): string {
  return `${Math.round(kilobytes / 1024)} MiB`;
}
