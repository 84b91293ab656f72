import { assertEquals, assertMatch } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { toText } from "@std/streams/to-text";
import { type Example, withExample } from "./fixtures/example.ts";
import { needing } from "./fixtures/installed_program.ts";
import { TlsAuthority } from "./tls/tls_authority.ts";

const LIMIT_MS = 30_000;
const windows = Deno.build.os === "windows";

test(
  "examples/starttls.ts serves openssl s_client -starttls smtp",
  async ({ place }, authority) => {
    const client = new Deno.Command("openssl", {
      args: "s_client -quiet -starttls smtp -verify_return_error -CAfile"
        .split(" ").concat(authority.own.certPath)
        .concat("-connect", `127.0.0.1:${place}`),
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const keyboard = client.stdin.getWriter();
    try {
      const printed = toText(client.stdout);
      await keyboard.write(encode("EHLO there\r\nSTARTTLS\r\nQUIT\r\n"));
      assertMatch(
        await deadline(printed, LIMIT_MS),
        /250 hello\r\n502 No\r\n221 Bye\r\n$/,
      );
    } finally {
      await client.status;
      await keyboard.abort().catch(() => {});
    }
  },
);

test(
  "examples/starttls.ts throws away what came before the handshake",
  async ({ place }, authority) => {
    const plain = await Deno.connect({ port: Number(place) });
    await plain.write(encode("STARTTLS\r\nEHLO injected\r\nQUIT\r\n"));
    const expected = "220 localhost\r\n220 Go ahead\r\n";
    assertEquals(
      await deadline(read(plain, expected.length), LIMIT_MS),
      expected,
    );
    const caCerts = [authority.own.cert];
    const client = await Deno.startTls(plain, {
      hostname: "localhost",
      caCerts,
    });
    await client.write(encode("QUIT\r\n"));
    assertEquals(
      await deadline(toText(client.readable), LIMIT_MS),
      "221 Bye\r\n",
    );
  },
);

test("examples/starttls.ts refuses what comes in plain text in place of a handshake", async ({ place }) => {
  const client = await Deno.connect({ port: Number(place) });
  await client.write(encode("STARTTLS\r\n"));
  const expected = "220 localhost\r\n220 Go ahead\r\n";
  assertEquals(
    await deadline(read(client, expected.length), LIMIT_MS),
    expected,
  );
  await client.write(encode("EHLO injected\r\n"));
  const rest = await deadline(new Response(client.readable).bytes(), LIMIT_MS);
  assertEquals([rest.length, rest[0]], [7, 21]); // an alert
});

function test(
  name: string,
  body: (example: Example, authority: TlsAuthority) => Promise<void>,
): void {
  Deno.test(needing(["openssl"], {
    name,
    ignore: windows,
    async fn() {
      using authority = await TlsAuthority.create();
      const { cert, key } = await authority.issue("one");
      const cwd = await Deno.makeTempDir();
      try {
        await Deno.writeTextFile(`${cwd}/cert.pem`, cert);
        await Deno.writeTextFile(`${cwd}/key.pem`, key);
        await withExample("starttls.ts", "0", async (example) => {
          await body(example, authority);
          assertEquals(await example.stop("SIGTERM"), 0);
        }, { cwd });
      } finally {
        await Deno.remove(cwd, { recursive: true });
      }
    },
  }));
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Reads so many characters. */
async function read(client: Deno.Conn, count: number): Promise<string> {
  const buffer = new Uint8Array(count);
  for (let at = 0; at < count;) {
    at += await client.read(buffer.subarray(at)) ?? count;
  }
  return new TextDecoder().decode(buffer);
}
