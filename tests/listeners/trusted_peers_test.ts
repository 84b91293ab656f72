import { assertEquals } from "@std/assert";
import {
  canBeTrusted,
  TrustedPeers,
} from "../../src/listeners/trusted_peers.ts";

function has(trust: string[], hostname: string): boolean {
  return new TrustedPeers(trust).has({ transport: "tcp", hostname, port: 1 });
}

Deno.test("TrustedPeers.has() knows each bit of a network", () => {
  for (let bits = 0; bits <= 32; bits++) {
    const network = `170.170.170.170/${bits}`;
    assertEquals(has([network], "170.170.170.170"), true, network);
    for (let bit = 0; bit < 32; bit++) {
      const bytes = [170, 170, 170, 170];
      bytes[bit >> 3]! ^= 0x80 >> (bit & 7);
      assertEquals(has([network], bytes.join(".")), bit >= bits, `${bit}`);
    }
  }
});

Deno.test("TrustedPeers.has() knows addresses and networks of both kinds", () => {
  const trust = ["10.0.0.0/8", "192.0.2.1", "2001:db8::/33", "::1"];
  assertEquals(has(trust, "10.255.0.1"), true);
  assertEquals(has(trust, "11.0.0.1"), false);
  assertEquals(has(trust, "192.0.2.1"), true);
  assertEquals(has(trust, "192.0.2.2"), false);
  assertEquals(has(trust, "::1"), true);
  assertEquals(has(trust, "::2"), false);
  assertEquals(has(trust, "2001:db8:7fff::1"), true);
  assertEquals(has(trust, "2001:db8:8000::1"), false);
});

Deno.test("TrustedPeers.has() knows an IPv4 address that is written as IPv6", () => {
  assertEquals(has(["10.0.0.0/8"], "::ffff:10.1.2.3"), true);
  assertEquals(has(["::ffff:10.0.0.0/104"], "10.1.2.3"), true);
  assertEquals(has(["::ffff:10.0.0.0/104"], "11.1.2.3"), false);
  assertEquals(has(["::ffff:10.1.2.3"], "10.1.2.3"), true);
  assertEquals(has(["::/0"], "10.1.2.3"), false);
});

Deno.test("TrustedPeers.has() does not look at the zone of an address", () => {
  assertEquals(has(["fe80::/10"], "fe80::1%2"), true);
});

Deno.test('TrustedPeers.has() trusts Unix clients by "unix" only', () => {
  const peer = { transport: "unix", path: "10.0.0.1" } as const;
  assertEquals(new TrustedPeers(["10.0.0.0/8"]).has(peer), false);
  assertEquals(new TrustedPeers(["10.0.0.0/8", "unix"]).has(peer), true);
  assertEquals(has(["unix"], "10.0.0.1"), false);
});

Deno.test("canBeTrusted() knows what is neither an address nor a network", () => {
  for (const text of ["unix", "1.2.3.4", "1.2.3.4/0", "::/128", "::1"]) {
    assertEquals(canBeTrusted(text), true, text);
  }
  const wrong = ["", "*", "UNIX", "localhost", "1.2.3.4/", "1.2.3.4/33", "/8"];
  const more = ["::/129", "1.2.3.4/08", "1.2.3.4/8/8", "1.2.3/8", "::1%1"];
  for (const text of [...wrong, ...more, "1.2.3.4/-1", " 1.2.3.4"]) {
    assertEquals(canBeTrusted(text), false, text);
  }
});

Deno.test("TrustedPeers.has() says the same of a peer each time", () => {
  const peers = new TrustedPeers(["10.0.0.0/8"]);
  for (const hostname of ["10.0.0.1", "11.0.0.1"]) {
    const peer = { transport: "tcp", hostname, port: 1 } as const;
    const expected = hostname === "10.0.0.1";
    for (let i = 0; i < 3; i++) assertEquals(peers.has(peer), expected);
  }
});

Deno.test("TrustedPeers.has() says the same of more peers than it keeps in mind", () => {
  const peers = new TrustedPeers(["10.0.0.0/8"]);
  for (let i = 0; i < 3000; i++) {
    const end = `${i >> 8}.${i & 255}`;
    for (const network of ["10.0", "11.0"]) {
      const hostname = `${network}.${end}`;
      const peer = { transport: "tcp", hostname, port: 1 } as const;
      assertEquals(peers.has(peer), network === "10.0", hostname);
    }
  }
});
