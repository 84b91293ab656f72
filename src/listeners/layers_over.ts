import { TlsAcceptor } from "../tls/tls_acceptor.ts";
import { HandshakeListener } from "./handshake_listener.ts";
import type { Layers, TlsLayer } from "./layers.ts";
import { ProxyHandshake } from "./proxy_handshake.ts";
import { TlsHandshake } from "./tls_handshake.ts";
import { startNativeTls, startTlsBy } from "./tls_starters.ts";

/** Puts layers around a listener: a proxy's header comes before TLS. */
export function layersOver(
  listener: Deno.Listener,
  { proxyProtocol, tls }: Layers,
): Deno.Listener {
  const proxied = proxyProtocol === undefined
    ? listener
    : new HandshakeListener(listener, new ProxyHandshake(proxyProtocol));
  return tls === undefined ? proxied : tlsOver(proxied, tls);
}

function tlsOver(
  listener: Deno.Listener,
  { settings, certificates, countHeld }: TlsLayer,
): Deno.Listener {
  const { alpnProtocols, carrier, clientCertificate, handshakeTimeout } =
    settings;
  if (carrier === "deno") {
    const handshake = new TlsHandshake(startNativeTls, handshakeTimeout);
    return new HandshakeListener(listener, handshake, { countHeld });
  }
  const { ca, current } = certificates;
  const acceptor = new TlsAcceptor({
    ...current,
    alpnProtocols,
    ...clientCertificate !== "none" && { ca: ca!, clientCertificate },
  });
  certificates.follow(acceptor);
  const handshake = new TlsHandshake(startTlsBy(acceptor), handshakeTimeout);
  return new HandshakeListener(listener, handshake);
}
