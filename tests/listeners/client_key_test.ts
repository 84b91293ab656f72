import { assertEquals } from "@std/assert";
import { clientKey } from "../../src/listeners/client_key.ts";

function keyOf(hostname: string): string {
  return clientKey({ transport: "tcp", hostname, port: 7 });
}

const KEYS: [hostname: string, key: string][] = [
  ["192.0.2.1", "192.0.2.1"],
  // An IPv4 client of a server that listens on "::".
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:192.0.2.1", "192.0.2.1"],
  // The first 64 bits of an IPv6 address are the client's, or its company's.
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8:1:2:ffff::", "2001:db8:1:2"],
  ["2001:db8:1:2::", "2001:db8:1:2"],
  ["2001:db8:1:2::6", "2001:db8:1:2"],
  ["2001:0DB8:0001:0002::6", "2001:db8:1:2"],
  ["2001:db8:1::6", "2001:db8:1:0"],
  ["2001:db8::1:2:3:4", "2001:db8:0:0"],
  ["2001:db8::3:4:5:6:7", "2001:db8:0:3"],
  ["2001::2:3:4:5:6:7", "2001:0:2:3"],
  ["::2:3:4:5:6:7:8", "0:2:3:4"],
  ["1:2:3:4:5:6:7::", "1:2:3:4"],
  ["::1", "0:0:0:0"],
  ["::", "0:0:0:0"],
  // A zone says which of the server's own networks it came by.
  ["fe80::1%eth0", "fe80:0:0:0"],
  ["fe80::1%3", "fe80:0:0:0"],
  ["fe80:0:0:7:1::%a:b", "fe80:0:0:7"],
  // RFC 6052 puts an IPv4 address at the end of a network of 96 bits.
  ["64:ff9b::192.0.2.1", "64:ff9b:0:0"],
  ["64:ff9b:1:2:3:4:192.0.2.1", "64:ff9b:1:2"],
  ["::192.0.2.1", "0:0:0:0"],
];

for (const [hostname, key] of KEYS) {
  Deno.test(`clientKey() of ${hostname} is ${key}`, () => {
    assertEquals(keyOf(hostname), key);
  });
}

Deno.test("clientKey() of a Unix client is its path, or empty if it has none", () => {
  const keys = ["/tmp/client.sock", "\0abstract", "", null].map((path) =>
    clientKey({ transport: "unix", path } as Deno.UnixAddr)
  );
  assertEquals(keys, ["/tmp/client.sock", "\0abstract", "", ""]);
});

Deno.test("clientKey() of what has neither a hostname nor a path is empty", () => {
  const address = { transport: "vsock", cid: 3, port: 7 } as const;
  assertEquals(clientKey(address as unknown as Deno.Addr), "");
});
