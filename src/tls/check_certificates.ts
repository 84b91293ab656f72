import { brokenRule } from "../broken_rule.ts";
import { inspected } from "../inspected.ts";
import type { TlsCertificates, TlsCredentials } from "./tls_credentials.ts";
import { tlsModule } from "./tls_modules.ts";

/** How much of a text is shown that is no certificate: it may be a secret. */
const MOST_SHOWN = 40;

/** Certificates; the last one may lack its end. */
const CERTIFICATES =
  /-----BEGIN CERTIFICATE-----[^]*?(?:-----END CERTIFICATE-----|$)/g;

/**
 * Checks the certificates of a server, and those that it believes.
 *
 * @throws {TypeError} If one cannot be read, or has another key.
 */
export function checkCertificates(
  certificates: TlsCertificates,
  ca?: string | readonly string[],
): void {
  checkCredentials(certificates, "tls");
  const { serverNames = {} } = certificates;
  if (Object(serverNames) !== serverNames) {
    const rule = "tls.serverNames must have a certificate for each name";
    throw new TypeError(
      brokenRule("use TLS", rule, serverNames),
    );
  }
  for (const [name, credentials] of Object.entries(serverNames)) {
    checkCredentials(credentials, `tls.serverNames[${inspected(name)}]`);
  }
  for (const text of typeof ca === "string" ? [ca] : ca ?? []) {
    readCertificate(text, "tls.ca");
  }
}

function checkCredentials(credentials: TlsCredentials, name: string): void {
  const { cert, key } = Object(credentials) as TlsCredentials;
  const certificate = readCertificate(cert, `${name}.cert`);
  const { createPrivateKey } = tlsModule("node:crypto");
  // A message that shows the key would put it into logs.
  const privateKey = read(
    () => createPrivateKey(key),
    `${name}.key must be a key in PEM format: its value is kept secret`,
  );
  if (certificate.checkPrivateKey(privateKey)) return;
  throw new TypeError(
    `Cannot use TLS as ${name}.key must be the key of ${name}.cert: the certificate is that of ${
      inspected(certificate.subject)
    }`,
  );
}

/** Reads all certificates of a text; gives the first, which is the server's. */
function readCertificate(text: string, name: string) {
  const { X509Certificate } = tlsModule("node:crypto");
  const texts = String(text).match(CERTIFICATES) ?? [text];
  const [first] = texts.map((text) =>
    read(
      () => new X509Certificate(text),
      `${name} must be a certificate in PEM format: current value is ${
        beginningOf(text)
      }`,
    )
  );
  return first!;
}

/** Of a key that was given in place of a certificate, nothing secret. */
function beginningOf(value: unknown): string {
  if (typeof value !== "string") return typeof value;
  return inspected(value.split("\n", 1)[0]!.slice(0, MOST_SHOWN));
}

function read<T>(parse: () => T, rule: string): T {
  try {
    return parse();
  } catch (cause) {
    throw new TypeError(`Cannot use TLS as ${rule}`, { cause });
  }
}
