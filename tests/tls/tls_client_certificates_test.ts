import { assertEquals } from "@std/assert";
import { X509Certificate } from "node:crypto";
import type { TlsAcceptorOptions } from "../../src/tls/tls_credentials.ts";
import { needing } from "../fixtures/installed_program.ts";
import { type Issued, TlsAuthority, tlsTest } from "./tls_authority.ts";
import { TlsPort } from "./tls_port.ts";

type ClientCertificate = "none" | "foreign" | "expired" | "right";
const ALL: ClientCertificate[] = ["none", "foreign", "expired", "right"];

Deno.test(needing(["openssl"], {
  name: "TlsAcceptor.accept() serves only whose certificate its ca has signed",
  async fn() {
    assertEquals(await served({}), ["right: right"]);
  },
}));

tlsTest(
  "TlsAcceptor.accept() is as strict about a server name's certificate",
  async (authority) => {
    const serverNames = { "other.test": await authority.issue("other") };
    assertEquals(await served({ serverNames }, "other.test"), [
      "right: right",
    ]);
  },
);

Deno.test(needing(["openssl"], {
  name: "TlsAcceptor.accept() serves who has no certificate, if that may be",
  async fn() {
    assertEquals(await served({ clientCertificate: "optional" }), [
      "none: none",
      "right: right",
    ]);
  },
}));

/** Who is served, by the certificates that the clients have. */
async function served(
  options: Partial<TlsAcceptorOptions>,
  serverName = "localhost",
): Promise<string[]> {
  using authority = await TlsAuthority.create();
  using foreign = await TlsAuthority.create();
  const certificates: Record<ClientCertificate, Issued | null> = {
    none: null,
    foreign: await foreign.issue("client"),
    expired: await authority.issue("expired", -1),
    right: await authority.issue("client"),
  };
  const results = [];
  for (const version of ["-tls1_2", "-tls1_3"]) {
    const handled: string[] = [];
    await using port = new TlsPort({
      ...await authority.issue("one"),
      ca: authority.own.cert,
      ...options,
    }, ({ tls: { peerCertificate } }) => {
      handled.push(ownerOf(peerCertificate, certificates));
    });
    const seen = [];
    for (const name of ALL) {
      const own = certificates[name];
      const args = ["s_client", "-connect", `127.0.0.1:${port.port}`, version]
        .concat("-servername", serverName, "-quiet")
        .concat(own === null ? [] : ["-cert", own.certPath])
        .concat(own === null ? [] : ["-key", own.keyPath]);
      await new Deno.Command("openssl", { args, stdin: "null" }).output();
      await port.rest();
      seen.push(...handled.splice(0).map((subject) => `${name}: ${subject}`));
    }
    assertEquals(port.failures.length, ALL.length - seen.length);
    results.push(seen);
  }
  assertEquals(results[0], results[1]);
  return results[0]!;
}

/** Whose certificate a client has shown. */
function ownerOf(
  shown: Uint8Array | null,
  certificates: Record<ClientCertificate, Issued | null>,
): string {
  return ALL.find((name) => {
    const own = certificates[name];
    if (shown === null || own === null) return shown === own;
    const bytes = new X509Certificate(own.cert).raw;
    return new X509Certificate(shown).raw.equals(bytes);
  }) ?? "nobody";
}
