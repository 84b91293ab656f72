import { inspected } from "../inspected.ts";

/** The longest header, in bytes: what the smallest segment of TCP holds. */
export const LONGEST_HEADER = 536;

/** Where a client has come from, and where to, as a PROXY header says. */
export interface ProxiedAddresses {
  readonly source: Deno.Addr;
  readonly destination: Deno.Addr;
}

/**
 * Whose a connection is: a client's with known addresses, a client's of which
 * nothing is known, or the proxy's own, such as a health check.
 */
export type ProxiedClient = ProxiedAddresses | "unknown" | "proxy";

/** A complete header. */
export interface ParsedHeader {
  /** Whose the connection is. */
  readonly client: ProxiedClient;
  /** Where the header ends. */
  readonly end: number;
}

/** One of the two forms that a PROXY header has. */
export interface ProxyHeaderForm {
  /**
   * Reads a header; gives `null` if more of it must come.
   *
   * @param bytes What begins with it, or with a part of it.
   * @throws {ProxyHeaderFault} If it breaks the rules.
   */
  parse(bytes: Uint8Array): ParsedHeader | null;
}

/** Thrown when a PROXY header breaks a rule; the message is the rule. */
export class ProxyHeaderFault extends Error {
  constructor(rule: string, value: unknown) {
    super(`${rule}: current value is ${inspected(value)}`);
  }
}

/** Gives bytes of a header as text, of which each character is a byte. */
export function textOf(header: Uint8Array): string {
  return String.fromCharCode.apply(null, header as unknown as number[]);
}
