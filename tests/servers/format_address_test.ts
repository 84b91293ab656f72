import { formatAddress } from "@socketserver/socketserver";
import { assertEquals } from "@std/assert";

for (
  const [address, text] of [
    [{ transport: "tcp", hostname: "127.0.0.1", port: 80 }, "127.0.0.1:80"],
    [{ transport: "udp", hostname: "::1", port: 0 }, "[::1]:0"],
    [{ hostname: "localhost", port: 80 }, "localhost:80"],
    [{ transport: "tcp", hostname: "a\nb", port: 80 }, "a\\nb:80"],
    [{ transport: "unix", path: "/run/a.sock" }, "/run/a.sock"],
    [{ transport: "unix", path: "/run/\x1b[2J\r\n" }, "/run/\\x1b[2J\\r\\n"],
    [
      { transport: "unix", path: "a\u202eb\u2028\u0085" },
      "a\\u202eb\\u2028\\x85",
    ],
    [{ transport: "unixpacket", path: "\0name" }, "@name"],
    [{ transport: "unixpacket", path: "\0\0a\0" }, "@\\x00a\\x00"],
    [{ transport: "unix", path: null }, "an unnamed Unix socket"],
    [{ transport: "unix", path: "" }, "an unnamed Unix socket"],
    [{ transport: "vsock", cid: 3, port: 80 }, "vsock:3:80"],
  ] as const
) {
  Deno.test(`formatAddress() gives ${JSON.stringify(text)} for ${JSON.stringify(address)}`, () => {
    assertEquals(formatAddress(address as Deno.Addr), text);
  });
}
