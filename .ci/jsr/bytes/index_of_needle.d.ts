export function indexOfNeedle(
  source: Uint8Array,
  needle: Uint8Array,
  start?: number,
): number;
