import * as module from "@socketserver/socketserver";
import { assert, assertEquals } from "@std/assert";

/** What may be imported: a file may import from its own layer and from earlier ones. */
const LAYERS = [
  /^(errors|types|import_guard)\.ts$/,
  /^streams\//,
  /^handlers\//,
  /^servers\/(?!(async|threading|forking)_)/,
  /^remote\//,
  /^(threads|processes)\//,
  /^mixins\//,
  /^servers\//,
];
const SRC = new URL("../src/", import.meta.url);
/** Imports and re-exports of values; those of types alone are exempt. */
const IMPORT =
  /^(?:import|export)\s(?!type\s)[^;]*?"(\.[^"]+)";|import\("(\.[^"]+)"\)/gm;

Deno.test("mod exports these values and no others", () => {
  assertEquals(Object.keys(module).sort(), [
    "AsyncMixIn",
    "AsyncTCPServer",
    "AsyncTCPServerBase",
    "AsyncUDPServer",
    "AsyncUDPServerBase",
    "AsyncUnixDatagramServer",
    "AsyncUnixDatagramServerBase",
    "AsyncUnixStreamServer",
    "AsyncUnixStreamServerBase",
    "BaseRequestHandler",
    "BaseServer",
    "ChildProcessError",
    "CommandRequestHandler",
    "DatagramRequestHandler",
    "DatagramServer",
    "ForkingMixIn",
    "ForkingTCPServer",
    "ForkingTCPServerBase",
    "ForkingUDPServer",
    "ForkingUDPServerBase",
    "ForkingUnixDatagramServer",
    "ForkingUnixDatagramServerBase",
    "ForkingUnixStreamServer",
    "ForkingUnixStreamServerBase",
    "HandlerNotFoundError",
    "LineTooLongError",
    "NoReplyAddressError",
    "RemoteProtocolError",
    "RequestReader",
    "ResponseWriter",
    "StreamRequestHandler",
    "StreamServer",
    "TCPServer",
    "ThreadError",
    "ThreadingMixIn",
    "ThreadingTCPServer",
    "ThreadingTCPServerBase",
    "ThreadingUDPServer",
    "ThreadingUDPServerBase",
    "ThreadingUnixDatagramServer",
    "ThreadingUnixDatagramServerBase",
    "ThreadingUnixStreamServer",
    "ThreadingUnixStreamServerBase",
    "UDPServer",
    "UnexpectedEof",
    "UnixDatagramServer",
    "UnixStreamServer",
  ]);
});

Deno.test("src imports in one direction only", async () => {
  const wrong: string[] = [];
  let count = 0;
  for await (const file of sourceFiles(SRC)) {
    for (const match of (await Deno.readTextFile(file)).matchAll(IMPORT)) {
      const imported = new URL(match[1] ?? match[2]!, file);
      if (layer(imported) > layer(file)) wrong.push(`${file} → ${imported}`);
      count++;
    }
  }
  assertEquals(wrong, []);
  assert(count > 50);
});

async function* sourceFiles(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sourceFiles(new URL(`${name}/`, folder));
    else yield new URL(name, folder);
  }
}

function layer({ href }: URL): number {
  const path = href.slice(SRC.href.length);
  const found = LAYERS.findIndex((pattern) => pattern.test(path));
  assert(found !== -1, `${path} is in no layer`);
  return found;
}
