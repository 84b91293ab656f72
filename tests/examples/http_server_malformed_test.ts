import { connect } from "@socketserver/socketserver/testing";
import { assertEquals, assertMatch } from "@std/assert";
import { HttpHandler } from "../../examples/http_server.ts";
import { textOverTCP } from "./answer_over_tcp.ts";
import { withExampleProcess } from "./example_process.ts";

const head = (...lines: string[]) => [...lines, "", ""].join("\r\n");
const get = (path: string) => head(`GET ${path} HTTP/1.1`, "Host: a");
const GOOD = get("/http_server.ts");

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

/** The whole of an answer that refuses, but for its date. */
const refusal = (status: number) =>
  head(
    ...[`HTTP/1.1 ${status} `, "Date: now", "Connection: close"],
    ...["Allow: GET, HEAD", "Content-Type: text/plain", "Content-Length: 0"],
  );

const undated = (answer: string) =>
  answer.replace(/^Date: \w{3}, \d\d \w{3} [\d :]+ GMT$/gm, "Date: now");

for (const chunkSize of [1, Infinity]) {
  Deno.test(`HttpHandler.handle() refuses what is wrong, in pieces of ${chunkSize}`, async (t) => {
    for (const [what, [status, input]] of Object.entries(WRONG)) {
      await t.step(what, async () => {
        await using client = connect(HttpHandler, { chunkSize });
        await client.write(input);
        await client.closeWrite();
        assertEquals(undated(await client.text()), refusal(status));
      });
    }
  });
}

Deno.test("examples/http_server.ts refuses what is wrong, and serves the next client", () =>
  withExampleProcess("http_server.ts", async (example) => {
    for (const [what, [status, input]] of Object.entries(WRONG)) {
      const answer = undated(await textOverTCP(example, input));
      assertEquals(answer, refusal(status), what);
      assertMatch(await textOverTCP(example, GOOD), /^HTTP\/1\.1 200 /, what);
    }
  }));
