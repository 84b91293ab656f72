import { ProxyHeaderError } from "../errors.ts";
import { askIfLost } from "../streams/ask_if_lost.ts";
import { toMilliseconds } from "../streams/time_limit.ts";
import { giveBack } from "./give_back.ts";
import { headerBuffer, reuse } from "./header_buffers.ts";
import type { GivenUp, Handshake } from "./handshake.ts";
import {
  type ProxiedAddresses,
  type ProxiedClient,
  ProxyHeaderFault,
} from "./proxy_header.ts";
import type { ProxyProtocolOptions } from "./proxy_protocol_options.ts";
import { endWhereReset } from "./end_where_reset.ts";
import { refusalMessage } from "./refusal_message.ts";
import { readProxyHeader } from "./read_proxy_header.ts";
import { TrustedPeers } from "./trusted_peers.ts";

/** Asks connections for the header of the PROXY protocol. */
export class ProxyHandshake implements Handshake {
  readonly limit: number | null;
  readonly #timeout: number | null;
  readonly #trusted: TrustedPeers;

  /** Creates an instance with options that have been checked. */
  constructor({ trust, headerTimeout }: Required<ProxyProtocolOptions>) {
    this.#timeout = headerTimeout;
    this.limit = headerTimeout === null ? null : toMilliseconds(headerTimeout);
    this.#trusted = new TrustedPeers(trust);
  }

  /** Reads the header; the addresses of the connection are then what it says. */
  async ask(connection: Deno.Conn): Promise<Deno.Conn | null> {
    if (!this.#trusted.has(connection.remoteAddr)) {
      throw refusal(
        connection,
        "only proxies in proxyProtocol.trust may connect",
      );
    }
    try {
      const buffer = headerBuffer();
      const header = await readProxyHeader(connection, buffer);
      if (header === null) return null;
      const { client, rest } = header;
      if (isProxy(client, connection)) {
        if (await isLost(connection)) return null; // no handler is needed
        endWhereReset(connection);
      }
      if (typeof client === "object") giveAddresses(connection, client);
      if (rest.length > 0) giveBack(connection, rest, () => reuse(buffer));
      else reuse(buffer);
      return connection;
    } catch (error) {
      if (!(error instanceof ProxyHeaderFault)) throw error;
      throw refusal(connection, error.message);
    }
  }

  failure(connection: Deno.Conn, reason: GivenUp): Error {
    return refusal(
      connection,
      reason === "late"
        ? `the PROXY header must come within headerTimeout: current value is ${this.#timeout} seconds`
        : "the PROXY header must come before others need the place",
    );
  }
}

/**
 * Whether a connection is the proxy's own. Version 1 cannot tell it but by the
 * addresses, which are then those of the connection itself.
 */
function isProxy(client: ProxiedClient, { remoteAddr }: Deno.Conn): boolean {
  if (typeof client === "string") return client === "proxy";
  const { source } = client;
  return "hostname" in source && "hostname" in remoteAddr &&
    source.hostname === remoteAddr.hostname && source.port === remoteAddr.port;
}

function isLost(connection: Deno.Conn): Promise<boolean> {
  return askIfLost(connection).then(() => false, () => true);
}

/** It stays the connection that it is, with all that it can do. */
function giveAddresses(
  connection: Deno.Conn,
  { source, destination }: ProxiedAddresses,
): void {
  define(connection, "remoteAddr", source);
  define(connection, "localAddr", destination);
}

/** Two calls of this take half of what `Object.defineProperties()` does. */
function define(connection: Deno.Conn, name: string, value: Deno.Addr): void {
  const configurable = true;
  const enumerable = true;
  Object.defineProperty(connection, name, { value, configurable, enumerable });
}

function refusal(connection: Deno.Conn, rule: string): ProxyHeaderError {
  return new ProxyHeaderError(refusalMessage("a connection", connection, rule));
}
