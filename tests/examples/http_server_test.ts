import { assertEquals, assertMatch } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { toText } from "@std/streams/to-text";
import { needing } from "../fixtures/installed_program.ts";
import { withExample } from "../fixtures/example.ts";
import { outputOf } from "./client_program.ts";
import {
  assertRefusesTakenPort,
  type ExampleProcess,
  withExampleProcess,
} from "./example_process.ts";

const LIMIT_MS = 30_000;
const windows = Deno.build.os === "windows";
const PAGE = "<!doctype html>\n<title>Hello</title>\n";
const BIG = Uint8Array.from({ length: 1_000_001 }, (_, i) => i % 251);

interface Site extends ExampleProcess {
  readonly url: string;
}

/** Runs the example on a folder that has two files, and links out of it. */
async function withSite(body: (site: Site) => Promise<void>): Promise<void> {
  const top = await Deno.realPath(await Deno.makeTempDir());
  try {
    const folder = `${top}/site`;
    await Deno.mkdir(`${folder}/sub`, { recursive: true });
    await Deno.mkdir(`${top}/site-secret`);
    await Deno.writeTextFile(`${top}/secret.txt`, "secret");
    await Deno.writeTextFile(`${top}/site-secret/index.html`, "secret");
    await Deno.writeTextFile(`${folder}/index.html`, PAGE);
    await Deno.writeTextFile(`${folder}/sub/a b?.txt`, "a b");
    await Deno.writeFile(`${folder}/big.png`, BIG);
    if (!windows) {
      await Deno.symlink(`${top}/secret.txt`, `${folder}/link.txt`);
      await Deno.symlink(top, `${folder}/up`);
    }
    await withExampleProcess("http_server.ts", (example) => {
      return body({ ...example, url: `http://127.0.0.1:${example.place}` });
    }, {
      args: [folder],
      // All may be read: what keeps clients inside is the example itself.
      replace: { "--allow-read=examples": "--allow-read" },
    });
  } finally {
    await Deno.remove(top, { recursive: true });
  }
}

/** Sends bytes as they are, and all of them before it reads the whole answer. */
async function exchange(
  { address }: Site,
  input: string | Uint8Array,
): Promise<string> {
  const client = await Deno.connect(address);
  const bytes = typeof input === "string"
    ? new TextEncoder().encode(input)
    : input;
  for (let sent = 0; sent < bytes.length;) {
    sent += await client.write(bytes.subarray(sent));
  }
  await client.closeWrite();
  return await deadline(toText(client.readable), LIMIT_MS);
}

const statusesIn = (answers: string) =>
  [...answers.matchAll(/^HTTP\/1\.1 (\d+) /gm)].map(([, code]) => Number(code));

const GOOD = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const head = (...lines: string[]) => [...lines, "", ""].join("\r\n");
const get = (path: string) => head(`GET ${path} HTTP/1.1`, "Host: a");

Deno.test(needing(["curl"], {
  name: "examples/http_server.ts gives curl its files, on one connection",
  fn: () =>
    withSite(async ({ url }) => {
      const format = "%{http_code} %{content_type} %{num_connects}\\n";
      assertEquals(
        await outputOf("curl", "-s", "-w", format, `${url}/`, `${url}/none`),
        `${PAGE}200 text/html 1\n404 text/plain 0\n`,
      );
      assertEquals(
        await outputOf("curl", "-s", `${url}/sub/a%20b%3f.txt`),
        "a b",
      );
      const big = await outputOf(
        "curl",
        "-s",
        "--output",
        "-",
        `${url}/big.png`,
      );
      assertEquals(big, new TextDecoder().decode(BIG));
      const seen = await outputOf("curl", "-sI", `${url}/big.png`);
      assertMatch(seen, /^HTTP\/1\.1 200 \r\nDate: .* GMT\r\n/);
      assertMatch(seen, /\r\nContent-Length: 1000001\r\n\r\n$/);
      const posted = ["-s", "-w", "%{http_code}", "-d", "body", url];
      assertEquals(await outputOf("curl", ...posted), "405");
      const old = ["-s", "-0", "-w", "%{http_code}", url];
      assertEquals(await outputOf("curl", ...old), `${PAGE}200`);
    }),
}));

Deno.test(needing(["wrk"], {
  name: "examples/http_server.ts serves wrk without an error",
  fn: () =>
    withSite(async ({ url }) => {
      const said = await outputOf("wrk", "-t1", "-c32", "-d1", `${url}/`);
      assertMatch(said, /^Requests\/sec: +[1-9]/m);
      assertEquals(/Socket errors|Non-2xx/.exec(said), null);
    }),
}));

Deno.test(needing(["ab"], {
  name:
    "examples/http_server.ts serves ab, which is HTTP/1.0, with and without -k",
  fn: () =>
    withSite(async ({ url }) => {
      for (const [flags, kept] of [[["-k"], 500], [[], undefined]] as const) {
        const args = ["-q", "-n", "500", "-c", "8", ...flags, `${url}/`];
        const said = await outputOf("ab", ...args);
        assertMatch(said, /^Complete requests: +500$/m);
        assertMatch(said, /^Failed requests: +0$/m);
        assertEquals(/Non-2xx/.exec(said), null);
        const keptAlive = /^Keep-Alive requests: +(\d+)$/m.exec(said)?.[1];
        assertEquals(
          keptAlive === undefined ? undefined : Number(keptAlive),
          kept,
        );
      }
    }),
}));

Deno.test("examples/http_server.ts answers pipelined requests in their order", () =>
  withSite(async (site) => {
    const asked = [get("/"), get("/none"), head("HEAD / HTTP/1.1", "Host: a")];
    const answers = await exchange(site, `\r\n${asked.join("")}${GOOD}`);
    assertEquals(statusesIn(answers), [200, 404, 200, 200]);
    assertEquals(answers.split(PAGE).length - 1, 2); // HEAD has no body
    const closing = head("GET / HTTP/1.1", "Host: a", "Connection: x, Close");
    assertEquals(statusesIn(await exchange(site, closing + GOOD)), [200]);
  }));

Deno.test("examples/http_server.ts takes a target with its host", () =>
  withSite(async (site) => {
    assertEquals(statusesIn(await exchange(site, get("http://a/?q"))), [200]);
    assertEquals(statusesIn(await exchange(site, get("//a/"))), [404]);
  }));

Deno.test({
  name: "examples/http_server.ts gives nothing outside of its folder",
  ignore: windows,
  fn: () =>
    withSite(async (site) => {
      const paths = [
        ...["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt"],
        ...["/sub/..%2f..%2fsecret.txt", "/%2e%2e%2fsecret.txt", "/link.txt"],
        ...["/up/secret.txt", "/..%2fsite-secret/", "/..%5csecret.txt"],
        ...["/index.html%00.txt", "/%2fetc%2fpasswd", "/sub", "/sub/", "/up/"],
        `/${"a".repeat(300)}`,
      ];
      const answers = await exchange(site, paths.map(get).join("") + GOOD);
      assertEquals(statusesIn(answers), [...paths.map(() => 404), 200]);
      assertEquals(answers.includes("secret"), false);
    }),
});

/** What a client may send that is wrong, and how it is answered. */
const WRONG: Record<string, [number, string | Uint8Array]> = {
  "no HTTP": [400, "hello\r\n\r\n"],
  "nothing but line ends": [400, "\r\n\r\n\r\n\r\n"],
  "HTTP/0.9": [400, "GET /\r\n\r\n"],
  "HTTP/2's preface": [505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  "a space too many": [400, head("GET  / HTTP/1.1", "Host: a")],
  "a space in the target": [400, head("GET /a b HTTP/1.1", "Host: a")],
  "a small http": [400, head("GET / http/1.1", "Host: a")],
  "a bare line feed": [400, head("GET / HTTP/1.1\nHost: a", "X: y")],
  "a bare carriage return": [
    400,
    head("GET / HTTP/1.1", "Host: a", "X: y\rZ: z"),
  ],
  "a byte order mark": [400, `\ufeff${GOOD}`],
  "a NUL": [400, head("GET / HTTP/1.1", "Host: a", "X: \0")],
  "no UTF-8 in the target": [400, get("/%ff")],
  "half an escape": [400, get("/%2")],
  "a star": [400, get("*")],
  "another scheme": [400, get("ftp://a/")],
  "no Host": [400, head("GET / HTTP/1.1")],
  "two Hosts": [400, head("GET / HTTP/1.1", "Host: a", "Host: b")],
  "a wrong Host": [400, head("GET / HTTP/1.1", "Host: a/b")],
  "no colon": [400, head("GET / HTTP/1.1", "Host: a", "X")],
  "a space before the colon": [
    400,
    head("GET / HTTP/1.1", "Host: a", "Content-Length : 5") + "hello",
  ],
  "a folded line": [
    400,
    head("GET / HTTP/1.1", "Host: a", "X: y", " Content-Length: 5") + "hello",
  ],
  "a line that begins with a space": [400, head("GET / HTTP/1.1", " Host: a")],
  "chunks": [
    501,
    head("GET / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked") +
    `0\r\n\r\n${GOOD}`,
  ],
  "another coding": [
    501,
    head("GET / HTTP/1.1", "Host: a", "Transfer-Encoding: gzip") + GOOD,
  ],
  "chunks and a length": [
    400,
    head(
      ...["GET / HTTP/1.1", "Host: a", "Content-Length: 5"],
      "Transfer-Encoding: chunked",
    ) + `0\r\n\r\n${GOOD}`,
  ],
  "chunks from HTTP/1.0": [
    400,
    head("GET / HTTP/1.0", "Transfer-Encoding: chunked") + `0\r\n\r\n${GOOD}`,
  ],
  "two lengths": [
    400,
    head(
      ...["GET / HTTP/1.1", "Host: a", "Content-Length: 0"],
      `Content-Length: ${GOOD.length}`,
    ) + GOOD,
  ],
  "two lengths alike": [
    400,
    head(
      ...["GET / HTTP/1.1", "Host: a", "Content-Length: 0"],
      "content-length: 0",
    ) + GOOD,
  ],
  "a length of two": [
    400,
    head("GET / HTTP/1.1", "Host: a", "Content-Length: 0, 0") + GOOD,
  ],
  "a length with a sign": [
    400,
    head("GET / HTTP/1.1", "Host: a", "Content-Length: +0") + GOOD,
  ],
  "a hexadecimal length": [
    400,
    head("GET / HTTP/1.1", "Host: a", "Content-Length: 0x0") + GOOD,
  ],
  "no length": [
    400,
    head("GET / HTTP/1.1", "Host: a", "Content-Length:") + GOOD,
  ],
  "a body": [
    413,
    head("GET / HTTP/1.1", "Host: a", `Content-Length: ${GOOD.length}`) + GOOD,
  ],
  "a length beyond all numbers": [
    413,
    head("GET / HTTP/1.1", "Host: a", `Content-Length: ${"9".repeat(400)}`) +
    GOOD,
  ],
  "a POST": [
    405,
    head("POST / HTTP/1.1", "Host: a", `Content-Length: ${GOOD.length}`) + GOOD,
  ],
  "a method that is not known": [501, head("BREW / HTTP/1.1", "Host: a")],
  "a small method": [501, head("get / HTTP/1.1", "Host: a")],
  "a head without an end": [400, "GET / HTTP/1.1\r\nHost: a\r\n"],
  "a target too long": [414, head(`GET /${"y".repeat(20_000)} HTTP/1.1`)],
  "a head too long": [431, head("GET / HTTP/1.1", `X: ${"y".repeat(20_000)}`)],
  "too many fields": [
    431,
    head("GET / HTTP/1.1", ...Array.from({ length: 5000 }, () => "X: y")),
  ],
  "no text at all": [400, Uint8Array.of(0x16, 3, 1, 255, 13, 10, 13, 10)],
};

Deno.test("examples/http_server.ts refuses what is wrong, and closes", () =>
  withSite(async (site) => {
    for (const [what, [status, input]] of Object.entries(WRONG)) {
      assertEquals(statusesIn(await exchange(site, input)), [status], what);
      assertEquals(statusesIn(await exchange(site, GOOD)), [200], what);
    }
    const refused = await exchange(site, WRONG["a POST"]![1]);
    assertMatch(refused, /\r\nConnection: close\r\nAllow: GET, HEAD\r\n/);
  }));

Deno.test("examples/http_server.ts answers 408 to half a request, and serves others meanwhile", () =>
  withSite(async (site) => {
    const slow = await Deno.connect(site.address);
    await slow.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost"));
    const answer = deadline(toText(slow.readable), LIMIT_MS);
    assertEquals(statusesIn(await exchange(site, GOOD)), [200]);
    assertEquals(statusesIn(await answer), [408]);
  }));

Deno.test("examples/http_server.ts ends at once beside an idle client", async () => {
  let rest: Promise<string> | undefined;
  await withSite(async ({ address }) => {
    const idle = await Deno.connect(address);
    await idle.write(new TextEncoder().encode(GOOD));
    await idle.read(new Uint8Array(1));
    rest = toText(idle.readable);
  });
  assertEquals(/HTTP.* 408/.exec(await deadline(rest!, LIMIT_MS)), null);
});

Deno.test({
  name: "examples/http_server.ts ends with code 0 on SIGTERM, too",
  ignore: windows,
  fn: () =>
    withExample("http_server.ts", "0", async ({ stop }) => {
      assertEquals(await stop("SIGTERM"), 0);
    }),
});

Deno.test("examples/http_server.ts names the port that is taken", () =>
  assertRefusesTakenPort("http_server.ts"));
