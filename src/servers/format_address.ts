import { escapeControls } from "./escape_controls.ts";

/**
 * Writes an address as people do, in one line.
 *
 * | Address | Text |
 * | --- | --- |
 * | IPv4, or a name | `127.0.0.1:80` |
 * | IPv6 | `[::1]:80` |
 * | a Unix path | `/run/a.sock` |
 * | an abstract Unix name | `@name`, as `ss` and `netstat` write it |
 * | a Unix client without a name | `an unnamed Unix socket` |
 * | a virtual machine's | `vsock:3:80`, as `systemd` writes it |
 *
 * A Unix client chooses its own name. So control characters, and others that
 * could forge a line of a log or turn its text round, are escaped, such as `\n`
 * and `\x1b`.
 *
 * @param address A client's address, or a server's.
 * @returns The text, which is safe in a log.
 *
 * @example Usage
 * ```ts
 * import { formatAddress } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = "tcp";
 * assertEquals(
 *   formatAddress({ transport, hostname: "127.0.0.1", port: 80 }),
 *   "127.0.0.1:80",
 * );
 * assertEquals(
 *   formatAddress({ transport, hostname: "::1", port: 80 }),
 *   "[::1]:80",
 * );
 * assertEquals(
 *   formatAddress({ transport: "unix", path: "/run/a.sock" }),
 *   "/run/a.sock",
 * );
 * assertEquals(formatAddress({ transport: "unix", path: "\0name" }), "@name");
 * ```
 */
export function formatAddress(address: Deno.Addr): string {
  return escapeControls(textOf(address));
}

function textOf(address: Deno.Addr): string {
  if ("hostname" in address) {
    const { hostname, port } = address;
    return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  }
  if ("path" in address) {
    // Of a client without a name it is null, whatever its type says.
    const { path } = address;
    return path ? path.replace(/^\0/, "@") : "an unnamed Unix socket";
  }
  return `${address.transport}:${address.cid}:${address.port}`;
}
