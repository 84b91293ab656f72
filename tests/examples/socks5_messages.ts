// The messages of RFC 1928, as lists of bytes.

/** The client offers to come without a password. */
export const GREETING = [5, 1, 0];

/** The server takes that. */
export const WELCOME = [5, 0];

/** How a request for a connection begins, before its address. */
export const CONNECT = [5, 1, 0];

/** A port, as it stands behind an address. */
export const bytesOf = (port: number) => [port >> 8, port & 255];

/** An address that is a name. */
export const named = (name: string, port: number) => {
  const bytes = new TextEncoder().encode(name);
  return [3, bytes.length, ...bytes, ...bytesOf(port)];
};

/** The answer to a request. */
export const answer = (code: number) => [5, code, 0, 1, 0, 0, 0, 0, 0, 0];
