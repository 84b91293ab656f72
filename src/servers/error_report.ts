const RULE = "-".repeat(40);
/** How many errors within each other are shown. */
const DEEPEST_PART = 8;

/**
 * Prints what went wrong with a request to standard error, as Python does; in
 * one line if the client has merely gone.
 */
export function printRequestError(
  error: unknown,
  clientAddress: Deno.Addr | undefined,
): void {
  const client = clientAddress === undefined
    ? ""
    : ` from ${describeAddress(clientAddress)}`;
  const report = isDisconnect(error)
    ? `Request${client} ended early: ${error}`
    : `${RULE}\nException occurred during processing of request${client}\n${
      describe(error, DEEPEST_PART)
    }\n${RULE}`;
  // deno-lint-ignore no-console -- the one place where the library prints
  console.error(report);
}

/**
 * Whether an error says no more than that the client has gone, or has been too
 * slow: what every server meets all day, and no fault of the program's.
 */
function isDisconnect(error: unknown): boolean {
  if (error instanceof SuppressedError) {
    return isDisconnect(error.error) && isDisconnect(error.suppressed);
  }
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.UnexpectedEof ||
    error instanceof Deno.errors.TimedOut ||
    error instanceof Deno.errors.Interrupted;
}

/** An error with its stack, and those that it stands for with theirs. */
function describe(error: unknown, depth: number): string {
  const whole = Deno.inspect(error);
  // The platform shows the parts of every other error.
  if (!(error instanceof SuppressedError) || depth === 0) return whole;
  const suppressed = describe(error.suppressed, depth - 1);
  const last = describe(error.error, depth - 1);
  return `${whole}\nThe first error: ${suppressed}\nThe next error: ${last}`;
}

function describeAddress(address: Deno.Addr): string {
  return "hostname" in address
    ? `${address.hostname}:${address.port}`
    : `${"path" in address ? address.path : address.transport}`;
}
