import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import type { TlsCarrier } from "@socketserver/socketserver";
import { serverClasses } from "../contract/server_classes.ts";
import { needing } from "../fixtures/installed_program.ts";
import { TlsServer, type Told } from "../fixtures/tls_server.ts";
import { until } from "../fixtures/until.ts";
import { TlsAuthority, tlsTest } from "../tls/tls_authority.ts";

// Real clients of servers of every TCP class, with either carrier.

const LIMIT_MS = 30_000;

const tcpClasses = Object.values(serverClasses).flat()
  .filter(({ socketType, addressFamily }) =>
    socketType === "SOCK_STREAM" && addressFamily === "AF_INET"
  );

/** Runs a client that prints what the server tells it. */
async function told(program: string, line: string): Promise<Told> {
  const child = new Deno.Command(program, {
    args: line.split(" "),
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("who?\n"));
  const output = await deadline(new Response(child.stdout).text(), LIMIT_MS);
  await writer.close().catch(() => {}); // it may have gone
  await child.status;
  return JSON.parse(/\{.*\}/.exec(output)![0]);
}

for (const { name, Server } of tcpClasses) {
  for (const carrier of ["deno", "node"] satisfies TlsCarrier[]) {
    const programs = ["openssl", "curl", "gnutls-cli"] as const;
    Deno.test(needing(programs, {
      name: `${name} speaks TLS with real clients by the carrier "${carrier}"`,
      async fn() {
        using authority = await TlsAuthority.create();
        const { cert, key } = await authority.issue("server.test");
        await using server = new TlsServer(
          {
            tls: { cert, key, carrier, alpnProtocols: ["line/1", "http/1.1"] },
          },
          Server,
        );
        const { port } = server;
        const { certPath } = authority.own;
        const serverName = carrier === "node" ? "server.test" : null;
        const byOpenssl = await told(
          "openssl",
          `s_client -connect 127.0.0.1:${port} -CAfile ${certPath} -verify_return_error -quiet -servername server.test -alpn line/1`,
        );
        assertEquals(byOpenssl.alpnProtocol, "line/1");
        assertEquals(byOpenssl.serverName, serverName);
        const byCurl = await told(
          "curl",
          `--silent --tlsv1.3 --cacert ${certPath} --resolve server.test:${port}:127.0.0.1 https://server.test:${port}/`,
        );
        assertEquals(byCurl.alpnProtocol, "http/1.1");
        assertEquals(byCurl.serverName, serverName);
        const byGnutls = await told(
          "gnutls-cli",
          `--x509cafile ${certPath} --verify-hostname server.test --sni-hostname server.test --port ${port} 127.0.0.1`,
        );
        assertEquals(byGnutls.alpnProtocol, null);
        assertEquals(byGnutls.serverName, serverName);
        assertEquals(byGnutls.client.hostname, "127.0.0.1");
        assertEquals(server.record.errors, []);
      },
    }));
  }
}

/** Python's `ssl` ends the connection, and TLS not. */
const PYTHON = `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
with context.wrap_socket(connection, server_hostname="localhost") as client:
    client.sendall(b"stay\\nmore\\nand an unended line")
    print(client.recv(1000).decode())
`;

for (const { name, Server } of tcpClasses) {
  for (const carrier of ["deno", "node"] satisfies TlsCarrier[]) {
    Deno.test(needing(["openssl", "python3"], {
      name:
        `${name} takes a client's going for the end of TLS by the carrier "${carrier}"`,
      async fn() {
        using authority = await TlsAuthority.create();
        const { cert, key } = await authority.issue("server.test");
        await using server = new TlsServer(
          { tls: { cert, key, carrier } },
          Server,
        );
        const command = new Deno.Command("python3", {
          args: ["-c", PYTHON, `${server.port}`, authority.own.certPath],
        });
        const { success } = await deadline(command.output(), LIMIT_MS);
        assert(success);
        await until(() => server.server.stats.handled === 1);
        assertEquals(server.record.errors, []);
      },
    }));
  }
}

for (const { name, Server } of tcpClasses) {
  tlsTest(
    `${name} tells its handlers the certificate of a client`,
    async (authority) => {
      const { cert, key } = await authority.issue("server.test");
      const client = await authority.issue("client.test");
      await using server = new TlsServer(
        { tls: { cert, key, ca: authority.own.cert } },
        Server,
      );
      const { peerCertificate } = await told(
        "openssl",
        `s_client -connect 127.0.0.1:${server.port} -quiet -cert ${client.certPath} -key ${client.keyPath}`,
      );
      const der = atob(client.cert.replace(/-----[^-]*-----|\s/g, ""));
      assertEquals(peerCertificate, der.length);
      assertEquals(server.record.errors, []);
    },
  );
}
