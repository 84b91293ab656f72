import type { TlsInfo } from "../types.ts";

/** What TLS has told of a client, as JSON can hold it. */
export interface TlsRecord extends Omit<TlsInfo, "peerCertificate"> {
  /** The bytes of the certificate, as numbers. */
  readonly peerCertificate: readonly number[] | null;
}

/** Makes a record of what TLS has told. */
export function toTlsRecord({ peerCertificate, ...rest }: TlsInfo): TlsRecord {
  return { ...rest, peerCertificate: peerCertificate && [...peerCertificate] };
}

/** Makes of a record what it was. */
export function toTlsInfo({ peerCertificate, ...rest }: TlsRecord): TlsInfo {
  return {
    ...rest,
    peerCertificate: peerCertificate && Uint8Array.from(peerCertificate),
  };
}
