/** How deep errors may be nested in those that suppressed them. */
const DEEPEST_PART = 4;

/** What has gone wrong, where an error may stand for two: the first of them first. */
export function partsOf(error: unknown, depth = DEEPEST_PART): unknown[] {
  if (depth === 0 || !(error instanceof SuppressedError)) return [error];
  return [error.suppressed, error.error]
    .flatMap((part) => partsOf(part, depth - 1));
}

/** Whether an error is of one of some classes. */
export function isOne(
  error: unknown,
  classes: readonly (abstract new (...args: never[]) => Error)[],
): boolean {
  return classes.some((ErrorClass) => error instanceof ErrorClass);
}
