/**
 * Tells a program where both ends of its connection are, in the variables that
 * tcpserver sets.
 */
export function connectionEnvironment(
  local: Deno.Addr,
  remote: Deno.Addr,
): Record<string, string> {
  if (!("hostname" in local) || !("hostname" in remote)) {
    const path = "path" in local ? local.path : "";
    // An abstract name begins with a NUL and may have more; no variable may.
    return { PROTO: "UNIX", UNIXLOCALPATH: path.replaceAll("\0", "@") };
  }
  return {
    PROTO: "TCP",
    TCPLOCALIP: local.hostname,
    TCPLOCALPORT: `${local.port}`,
    TCPREMOTEIP: remote.hostname,
    TCPREMOTEPORT: `${remote.port}`,
  };
}
