import type { CountHeld } from "./held_connections.ts";
import type { ProxyProtocolOptions } from "./proxy_protocol_options.ts";
import type { ServerCertificates } from "./server_certificates.ts";
import type { TlsSettings } from "./tls_options.ts";

/** What a client has to say before it is accepted. */
export interface Layers {
  /** Whose PROXY headers are believed, if there is a proxy. */
  readonly proxyProtocol?: Required<ProxyProtocolOptions> | undefined;
  /** How TLS is spoken, if it is. */
  readonly tls?: TlsLayer | undefined;
}

/** All that TLS needs. */
export interface TlsLayer {
  readonly settings: TlsSettings;
  readonly certificates: ServerCertificates;
  /** Counts what the first carrier cannot get rid of. */
  readonly countHeld: CountHeld;
}
