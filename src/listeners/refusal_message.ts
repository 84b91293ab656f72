/** Makes the message of an error that says why a connection is refused. */
export function refusalMessage(
  kind: "a connection" | "a TLS connection",
  { remoteAddr }: Pick<Deno.Conn, "remoteAddr">,
  rule: string,
): string {
  const peer = "hostname" in remoteAddr ? remoteAddr.hostname : "a Unix socket";
  return `Cannot accept ${kind} from ${peer} as ${rule}`;
}
