import { assertEquals } from "@std/assert";
import {
  formatIp,
  normalIpv4,
  normalIpv6,
  parseIp,
  unmapped,
} from "../../src/listeners/ip_address.ts";

/** Addresses, and how Deno writes them. */
const TEXTS = {
  "0.0.0.0": "0.0.0.0",
  "255.255.255.255": "255.255.255.255",
  "::": "::",
  "::1": "::1",
  "1::": "1::",
  "0:0:0:0:0:0:0:0": "::",
  "2001:DB8:0:0:1:0:0:0": "2001:db8:0:0:1::",
  "2001:db8:0:0:1:0:0:1": "2001:db8::1:0:0:1",
  "1:0:3:4:5:6:7:8": "1:0:3:4:5:6:7:8",
  "1::3:4:5:6:7:8": "1:0:3:4:5:6:7:8",
  "10:0:0:20::": "10:0:0:20::",
  "::ffff:192.0.2.1": "::ffff:192.0.2.1",
  "::ffff:c000:201": "::ffff:192.0.2.1",
  "64:ff9b::192.0.2.1": "64:ff9b::c000:201",
};
const WRONG = [
  ...["", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.-4"],
  ...["1.2.3.4 ", "a.b.c.d", "0x1.2.3.4", ":", ":::", "1:2:3:4:5:6:7"],
  ...["1:2:3:4:5:6:7:8:9", "1::2::3", "1:2:3:4::5:6:7:8", "12345::", "g::"],
  ...["::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "1::%eth0", "::1:", ":1::"],
];

Deno.test("parseIp() and formatIp() write addresses as Deno does", () => {
  for (const [text, expected] of Object.entries(TEXTS)) {
    assertEquals(formatIp(parseIp(text)!), expected, text);
  }
});

Deno.test("parseIp() gives null for what is no address", () => {
  for (const text of WRONG) assertEquals(parseIp(text), null, text);
});

Deno.test("unmapped() gives the IPv4 address of one that is written as IPv6", () => {
  const shown = (text: string) => formatIp(unmapped(parseIp(text)!));
  assertEquals(shown("::ffff:192.0.2.1"), "192.0.2.1");
  assertEquals(shown("::fffe:192.0.2.1"), "::fffe:c000:201");
  assertEquals(shown("192.0.2.1"), "192.0.2.1");
});

Deno.test("normalIpv4() and normalIpv6() give addresses of their own kind", () => {
  for (const [text, expected] of Object.entries(TEXTS)) {
    const isIpv6 = text.includes(":");
    assertEquals(normalIpv4(text), isIpv6 ? null : expected, text);
    assertEquals(normalIpv6(text), isIpv6 ? expected : null, text);
  }
  for (const text of WRONG) {
    assertEquals([normalIpv4(text), normalIpv6(text)], [null, null], text);
  }
});
