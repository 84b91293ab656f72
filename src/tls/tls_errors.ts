/** The error of a client whose handshake fails, by what `node:tls` says. */
export function refusedError(cause: Error | string): Error {
  const reason = typeof cause === "string" ? cause : cause.message;
  return new Deno.errors.InvalidData(
    `Cannot accept a TLS connection as its handshake has failed: ${reason}`,
    { cause },
  );
}

/** The error of a connection that breaks the rules of TLS. */
export function brokenError(cause: Error): Error {
  return new Deno.errors.InvalidData(
    `Cannot go on with a TLS connection that breaks the rules: ${cause.message}`,
    { cause },
  );
}

/** The error of a connection that ends while TLS has not. */
export function cutOffError(action: "accept" | "go on with"): Error {
  return new Deno.errors.UnexpectedEof(
    `Cannot ${action} a TLS connection as its client has gone without ending it`,
  );
}

/** The error of a read, or a write, that a close has interrupted. */
export function interruptedError(action: "read" | "write"): Error {
  return new Deno.errors.Interrupted(
    `Cannot ${action} on as the TLS connection is closed`,
  );
}

/** The error of a write after the end of the output. */
export function writeEndedError(): Error {
  return new Deno.errors.BrokenPipe("Cannot write after closeWrite()");
}

/** The error of whatever is asked of a closed connection. */
export function closedError(): Error {
  return new Deno.errors.BadResource("The TLS connection is closed");
}
