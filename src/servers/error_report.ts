const RULE = "-".repeat(40);

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
      Deno.inspect(error)
    }\n${RULE}`;
  // deno-lint-ignore no-console -- the one place where the library prints
  console.error(report);
}

/**
 * Whether an error says no more than that the client has gone, or has been too
 * slow: what every server meets all day, and no fault of the program's.
 */
export function isDisconnect(error: unknown): boolean {
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

function describeAddress(address: Deno.Addr): string {
  return "hostname" in address
    ? `${address.hostname}:${address.port}`
    : `${"path" in address ? address.path : address.transport}`;
}
