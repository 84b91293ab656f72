/** Names who is at the other end of a connection, for the message of an error. */
export function peerOf({ remoteAddr }: Pick<Deno.Conn, "remoteAddr">): string {
  return "hostname" in remoteAddr ? remoteAddr.hostname : "a Unix socket";
}
