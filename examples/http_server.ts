// Serves files over HTTP/1.1 (RFC 9110, RFC 9112). A request that has a body, or
// that two programs could read in two ways, is refused, and its connection ends.
//
//   deno run --no-prompt --allow-net=127.0.0.1 --allow-read=examples examples/http_server.ts
//
// In a second terminal: curl -i http://127.0.0.1:8000/http_server.ts
// The first argument is a port other than 8000 (0 takes a free one), the second a
// folder other than this one, which the flag must name, too. Without --no-prompt
// Deno asks here, and serves nobody, when a client tries to leave the folder.

// deno-lint-ignore-file no-console -- it tells where it listens

import {
  AsyncTCPServer,
  LineTooLongError,
  StreamRequestHandler,
  terminationSignal,
  UnexpectedEof,
} from "@socketserver/socketserver";
import { extname, join } from "node:path";

const TYPES = new Map([[".html", "text/html"], [".png", "image/png"]]);
const typeOf = (name: string) => TYPES.get(extname(name)) ?? "text/plain";
const SMALL = 65_536; // bytes, of files that are read at once
const REQUEST_LINE = /^([!#$%&'*+.^_`|~\w-]+) ([!"$-~]+) HTTP\/(\d)\.(\d)$/;
const FIELD_LINE = /^([!#$%&'*+.^_`|~\w-]+):([\P{Cc}\t]*)$/u;
const METHODS = /^(CONNECT|DELETE|OPTIONS|PATCH|POST|PUT|TRACE)$/;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Understands all of a request's head; else returns the status of the answer. */
function parse(head: string) {
  const lines = head.replace(/^\r\n/, "").slice(0, -4).split("\r\n");
  const [, method = "", target = "", major, minor] =
    REQUEST_LINE.exec(lines.shift()!) ?? [];
  if (major !== "1") return major === undefined ? 400 : 505;
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [, name, value = ""] = FIELD_LINE.exec(line.toLowerCase()) ?? [];
    if (name === undefined) return 400; // such as a space before the colon
    fields.set(name, fields.has(name) ? `${fields.get(name)},${value}` : value);
  }
  const isOld = minor === "0";
  const host = fields.get("host") ?? (isOld ? "none" : "");
  if (!/^[ \t]*[\w.~:[\]-]+[ \t]*$/.test(host)) return 400; // two of them, too
  const length = fields.get("content-length") ?? "0";
  if (!/^[ \t]*\d+[ \t]*$/.test(length)) return 400; // likewise
  const isCoded = fields.has("transfer-encoding"); // as no GET needs to be
  if (isCoded) return isOld || fields.has("content-length") ? 400 : 501;
  const isHead = method === "HEAD";
  if (!isHead && method !== "GET") return METHODS.test(method) ? 405 : 501;
  if (Number(length) > 0) return 413;
  const path = pathOf(target);
  const wish = fields.get("connection") ?? "";
  const stays = isOld ? /\bkeep-alive\b/.test(wish) : !/\bclose\b/.test(wish);
  return path === null ? 400 : { isHead, path, stays };
}

function pathOf(target: string): string | null {
  const url = URL.parse(target.replace(/^\//, "http://host/"));
  try {
    return url?.protocol === "http:" ? decodeURIComponent(url.pathname) : null;
  } catch {
    return null; // it is no UTF-8
  }
}

/** Finds a file. It does not wait: what many ask for is in the system's memory. */
function find(folder: string, path: string) {
  try {
    const name = Deno.realPathSync(folder + path.replace(/\/$/, "/index.html"));
    const { isFile, size } = Deno.statSync(name); // a pipe would not end
    if (!isFile || !name.startsWith(join(folder, "/"))) return null; // led out
    const content = size > SMALL ? null : Deno.readFileSync(name);
    return { name, size: content?.length ?? size, content };
  } catch {
    return null;
  }
}

export class HttpHandler extends StreamRequestHandler {
  override timeout = 10; // seconds, for a whole head, and for a piece of a file
  override wbufsize = -1; // so that heads and small files leave together
  override maxLineLength = 16_384; // bytes, for a whole head

  override async handle() {
    const { rfile, signal } = this;
    try {
      for (let head; (head = await rfile.readUntil("\r\n\r\n", { signal }));) {
        if (!await this.answer(decoder.decode(head))) break; // it closes
      }
    } catch (error) {
      if (error instanceof UnexpectedEof) await this.respond(400);
      else if (error instanceof Deno.errors.TimedOut) await this.respond(408);
      else if (error instanceof LineTooLongError) {
        await this.respond(error.partial.includes(10) ? 431 : 414); // a line feed
      } else throw error;
    }
  }

  async answer(head: string): Promise<boolean> {
    const request = parse(head);
    if (typeof request === "number") return this.respond(request);
    const { isHead, path, stays } = request;
    const file = find(`${this.server.data}`, path);
    await this.respond(file ? 200 : 404, stays, file?.name, file?.size);
    if (!isHead && file?.content) await this.wfile.write(file.content);
    else if (!isHead && file) await this.send(file.name, file.size);
    return stays;
  }

  async respond(status: number, stays = false, name = "", size = 0) {
    await this.wfile.write(
      `HTTP/1.1 ${status} \r\nDate: ${new Date().toUTCString()}\r\n` +
        `Connection: ${stays ? "keep-alive" : "close"}\r\n` +
        `Allow: GET, HEAD\r\nContent-Type: ${typeOf(name)}\r\n` +
        `Content-Length: ${size}\r\n\r\n`,
    );
    return stays;
  }

  /** Sends as much as was said, whatever becomes of the file meanwhile. */
  async send(name: string, size: number) {
    using file = await Deno.open(name);
    const buffer = new Uint8Array(SMALL);
    for (let left = size; left > 0;) {
      const count = await file.read(buffer.subarray(0, left));
      if (count === null) throw new Error("The file has become shorter");
      await this.wfile.write(buffer.subarray(0, count));
      left -= count;
    }
  }
}

if (import.meta.main) {
  try {
    const signal = terminationSignal();
    const folder = await Deno.realPath(Deno.args[1] ?? import.meta.dirname!);
    await using server = new AsyncTCPServer(
      { hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 8000) },
      HttpHandler,
      { data: folder, drainTimeout: 10 }, // seconds, for whoever is not done
    );
    console.log(`Listening on 127.0.0.1:${server.serverAddress.port}`);
    await server.serveForever({ signal });
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    console.error(error.message); // which names the port
    Deno.exitCode = 1;
  }
}
