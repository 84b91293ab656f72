import {
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import { TlsAcceptor } from "../../src/tls/tls_acceptor.ts";
import type { TlsConnection } from "../../src/tls/tls_connection.ts";
import { needing } from "../fixtures/installed_program.ts";
import { TlsAuthority, tlsTest } from "./tls_authority.ts";
import { TlsPort } from "./tls_port.ts";

const LIMIT_MS = 30_000;

for (const version of ["-tls1_2", "-tls1_3"]) {
  tlsTest(
    `TlsAcceptor.accept() serves openssl s_client ${version}`,
    async (authority) => {
      await using port = new TlsPort(await authority.issue("one"), echoOnce);
      const args = ["-quiet", version, "-CAfile"]
        .concat(authority.own.certPath, "-verify_return_error");
      assertEquals(await sClient(port, args, "hello\n"), "hello\n");
      assertEquals(port.failures, []);
    },
  );
}

Deno.test(needing(["openssl", "curl"], {
  name: "TlsAcceptor.accept() serves curl --tlsv1.3",
  async fn() {
    using authority = await TlsAuthority.create();
    await using port = new TlsPort(
      { ...await authority.issue("one"), alpnProtocols: ["http/1.1"] },
      async (connection) => {
        await connection.read(new Uint8Array(65_536));
        const head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
        await send(connection, `${head}${connection.tls.alpnProtocol}`);
        await connection.closeWrite();
      },
    );
    const args = ["-sS", "--tlsv1.3", "--cacert", authority.own.certPath];
    const url = `https://localhost:${port.port}/`;
    assertEquals(await run("curl", [...args, url]), "http/1.1");
    assertEquals(port.failures, []);
  },
}));

Deno.test(needing(["openssl", "gnutls-cli"], {
  name: "TlsAcceptor.accept() serves gnutls-cli",
  async fn() {
    using authority = await TlsAuthority.create();
    await using port = new TlsPort(await authority.issue("one"));
    const args = ["--logfile=/dev/null", "--x509cafile", authority.own.certPath]
      .concat(`--port=${port.port}`, "localhost");
    assertStringIncludes(await run("gnutls-cli", args, "hello\n"), "hello\n");
    assertEquals(port.failures, []);
  },
}));

tlsTest(
  "TlsAcceptor.accept() serves Deno.connectTls(), 20 MB and half-closed",
  async (authority) => {
    await using port = new TlsPort(await authority.issue("one"));
    using client = await connect(port, authority);
    const sent = new Uint8Array(20_000_000).map((_, i) => i * 7 >> 3);
    const answer = readAll(client);
    for (let at = 0; at < sent.length;) {
      at += await client.write(sent.subarray(at));
    }
    await client.closeWrite();
    assertEquals(await deadline(answer, LIMIT_MS), sent);
    assertEquals(port.failures, []);
  },
);

tlsTest(
  "TlsAcceptor.accept() tells the ALPN protocol and the server name",
  async (authority) => {
    const told: unknown[] = [];
    const options = { ...await authority.issue("one"), alpnProtocols: ["b"] };
    await using port = new TlsPort(options, tell);
    function tell({ tls }: TlsConnection) {
      told.push([tls.alpnProtocol, tls.serverName]);
    }
    await sClient(port, ["-alpn", "a,b", "-servername", "two.test"]);
    await sClient(port, ["-noservername"]);
    assertEquals(told, [["b", "two.test"], [null, null]]);
  },
);

tlsTest(
  "TlsAcceptor.accept() refuses who offers no protocol that it has",
  async (authority) => {
    const options = { ...await authority.issue("one"), alpnProtocols: ["b"] };
    await using port = new TlsPort(options);
    assertMatch(await sClient(port, ["-alpn", "a"]), /no application protocol/);
    assertMatch(String(port.failures), /InvalidData: .*handshake has failed/);
  },
);

tlsTest(
  "TlsAcceptor.accept() shows the certificate of the name asked for",
  async (authority) => {
    await using port = new TlsPort({
      ...await authority.issue("one"),
      alpnProtocols: ["b"],
      serverNames: {
        "two.test": await authority.issue("two"),
        "*.three.test": await authority.issue("three"),
      },
    });
    const asked = ["two.test", "TWO.test", "a.three.test", "a.b.three.test"];
    const shown = [];
    for (const name of [...asked, "other.test"]) {
      const seen = await sClient(port, ["-servername", name, "-alpn", "b"]);
      assertMatch(seen, /ALPN protocol: b/);
      shown.push(subjectOf(seen));
    }
    shown.push(subjectOf(await sClient(port, ["-noservername"])));
    assertEquals(shown, ["two", "two", "three", "one", "one", "one"]);
  },
);

tlsTest(
  "TlsAcceptor.replace() lets no request fail, and new clients see it",
  async (authority) => {
    const [one, two] = [
      await authority.issue("one"),
      await authority.issue("two"),
    ];
    await using port = new TlsPort(one);
    using stays = await connect(port, authority);
    await ask(stays);
    let ending = false;
    let served = 0;
    const clients = Array.from({ length: 4 }, async () => {
      while (!ending) {
        using client = await connect(port, authority);
        await ask(client);
        served++;
      }
    });
    for (let i = 0; i < 20; i++) {
      port.acceptor.replace(i % 2 === 0 ? two : one);
      const seen = await sClient(port, []);
      assertEquals(subjectOf(seen), i % 2 === 0 ? "two" : "one");
    }
    ending = true;
    await deadline(Promise.all(clients), LIMIT_MS);
    await ask(stays);
    assertEquals([port.failures, served > 0], [[], true]);
  },
);

tlsTest(
  "TlsAcceptor.replace() brings certificates of server names",
  async (authority) => {
    const one = await authority.issue("one");
    const two = await authority.issue("two");
    await using port = new TlsPort(one);
    const shown = async () =>
      subjectOf(await sClient(port, ["-servername", "two.test"]));
    assertEquals(await shown(), "one");
    port.acceptor.replace({ ...one, serverNames: { "two.test": two } });
    assertEquals(await shown(), "two");
  },
);

tlsTest(
  "TlsAcceptor.accept() works behind what was read before",
  async (authority) => {
    const acceptor = new TlsAcceptor(await authority.issue("one"));
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const accepting = listener.accept();
    using raw = await Deno.connect({ port: listener.addr.port });
    const connection = await accepting;
    await raw.write(new TextEncoder().encode("header\n"));
    assertEquals(await connection.read(new Uint8Array(7)), 7);
    const secured = acceptor.accept(connection);
    const caCerts = [authority.own.cert];
    using client = await Deno.startTls(raw, { hostname: "localhost", caCerts });
    await client.handshake();
    using server = (await secured)!;
    await client.write(new Uint8Array([42]));
    const buffer = new Uint8Array(10);
    assertEquals([await server.read(buffer), buffer[0]], [1, 42]);
  },
);

tlsTest(
  "TlsAcceptor names the option that it cannot use, and no key",
  async (authority) => {
    const [one, two] = [
      await authority.issue("one"),
      await authority.issue("two"),
    ];
    const wrong = [
      { ...one, cert: "nonsense" },
      { ...one, key: "secret nonsense" },
      { ...one, key: two.key },
      { ...one, serverNames: { "a.test": { ...two, key: one.key } } },
    ];
    const messages = wrong.map((options) =>
      assertThrows(() => new TlsAcceptor(options), TypeError).message
    );
    const pair = "the certificate is that of";
    assertEquals(messages, [
      'Cannot use TLS as tls.cert must be a certificate in PEM format: current value is "nonsense"',
      "Cannot use TLS as tls.key must be a key in PEM format: its value is kept secret",
      `Cannot use TLS as tls.key must be the key of tls.cert: ${pair} "CN=one"`,
      `Cannot use TLS as tls.serverNames["a.test"].key must be the key of tls.serverNames["a.test"].cert: ${pair} "CN=two"`,
    ]);
  },
);

function connect(
  port: TlsPort,
  authority: TlsAuthority,
): Promise<Deno.TlsConn> {
  const caCerts = [authority.own.cert];
  return Deno.connectTls({ hostname: "localhost", port: port.port, caCerts });
}

async function ask(client: Deno.TlsConn): Promise<void> {
  await client.write(new Uint8Array([1]));
  assertEquals(await client.read(new Uint8Array(10)), 1);
}

async function readAll(client: Deno.TlsConn): Promise<Uint8Array> {
  return new Uint8Array(await new Response(client.readable).arrayBuffer());
}

async function echoOnce(connection: TlsConnection): Promise<void> {
  const buffer = new Uint8Array(100);
  const count = await connection.read(buffer);
  await connection.write(buffer.subarray(0, count!));
  await connection.closeWrite();
}

async function send(connection: TlsConnection, text: string): Promise<void> {
  await connection.write(new TextEncoder().encode(text));
}

function subjectOf(seen: string): string | undefined {
  return /subject=CN = (\S+)/.exec(seen)?.[1];
}

function sClient(port: TlsPort, args: string[], input = ""): Promise<string> {
  const address = ["-connect", `127.0.0.1:${port.port}`];
  return run("openssl", ["s_client", ...address, ...args], input);
}

/** Runs a program; resolves to what it writes, its errors too. */
async function run(program: string, args: string[], input = "") {
  const options = { args, stdin: "piped", stdout: "piped", stderr: "piped" };
  const child = new Deno.Command(program, options as Deno.CommandOptions)
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  const timer = setTimeout(() => child.kill(), LIMIT_MS);
  const output = child.output();
  await writer.close();
  const { stdout, stderr } = await output;
  clearTimeout(timer);
  const quiet = args.includes("-quiet") || program === "curl";
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return quiet ? decode(stdout) : decode(stdout) + decode(stderr);
}
