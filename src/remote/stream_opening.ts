import type { StreamRequest } from "../types.ts";
import type { Opening } from "./frames.ts";
import { toTlsRecord } from "./tls_record.ts";

/** What an `open` frame says of a connection. */
export function streamOpening(
  { localAddr, remoteAddr, setNoDelay, setKeepAlive, tls }: StreamRequest,
  clientAddress: Deno.Addr,
): Opening {
  return {
    kind: "stream",
    localAddr,
    clientAddress,
    ...(remoteAddr === clientAddress ? {} : { remoteAddr }),
    ...(setNoDelay === undefined ? {} : { noDelay: true }),
    ...(setKeepAlive === undefined ? {} : { keepAlive: true }),
    ...(tls === undefined ? {} : { tls: toTlsRecord(tls) }),
  };
}
