import * as module from "@socketserver/socketserver";
import * as testing from "@socketserver/socketserver/testing";
import * as tls from "@socketserver/socketserver/tls";
import { assert, assertEquals } from "@std/assert";

const SRC = new URL("../src/", import.meta.url);

/** A file may import from its own layer and from earlier ones. */
const LAYERS = [
  /^(errors|types|import_guard|inspected|broken_rule|option_checks|known_release)\.ts$/,
  /^streams\//,
  /^tls\//,
  /^listeners\//,
  /^programs\//,
  /^handlers\//,
  /^servers\//,
  /^remote\//,
  /^(threads|processes)\//,
  /^mixins\//,
  /^testing\//,
];
/** Folders of one layer that know nothing of one another. */
const STRANGERS = /^threads\/.* → processes\/|^processes\/.* → threads\//;
/** Imports and re-exports, those of types too. */
const IMPORT =
  /^(?:import|export)\s[^;]*?"(\.[^"]+)";|\bimport\("(\.[^"]+)"\)/gm;
/** Of these, what is loaded along with the module. */
const STATIC_IMPORT = /^(?:import|export)\s(?!type\b)[^;]*?"(\.[^"]+)";/gm;

Deno.test("mod exports these values and no others", () => {
  assertEquals(Object.keys(module).sort(), [
    "AsyncMixIn",
    "AsyncTCPServer",
    "AsyncUDPServer",
    "AsyncUnixDatagramServer",
    "AsyncUnixStreamServer",
    "BaseRequestHandler",
    "BaseServer",
    "ChildProcessError",
    "CommandRequestHandler",
    "DatagramRequestHandler",
    "DatagramServer",
    "ForkingMixIn",
    "ForkingTCPServer",
    "ForkingUDPServer",
    "ForkingUnixDatagramServer",
    "ForkingUnixStreamServer",
    "HandlerNotFoundError",
    "LineTooLongError",
    "NoReplyAddressError",
    "ProxyHeaderError",
    "RemoteProtocolError",
    "RequestReader",
    "ResponseWriter",
    "ServerHooks",
    "ServerStoppingError",
    "SocketServer",
    "StreamRequestHandler",
    "StreamServer",
    "TCPServer",
    "ThreadError",
    "ThreadingMixIn",
    "ThreadingTCPServer",
    "ThreadingUDPServer",
    "ThreadingUnixDatagramServer",
    "ThreadingUnixStreamServer",
    "TlsHandshakeError",
    "UDPServer",
    "UnexpectedEof",
    "UnixDatagramServer",
    "UnixStreamServer",
    "formatAddress",
    "terminationSignal",
  ]);
});

Deno.test("tls exports these values and no others", () => {
  assertEquals(Object.keys(tls).sort(), ["TlsAcceptor", "TlsConnection"]);
});

Deno.test("testing exports these values and no others", () => {
  const names = ["TestClient", "connect", "exchange", "exchangeDatagram"];
  assertEquals(Object.keys(testing).sort(), names);
});

Deno.test("src imports in one direction only, types too", async () => {
  const wrong = [];
  for (const [file, imported] of await importsOfSrc()) {
    for (const other of imported) {
      const step = `${file} → ${other}`;
      if (layerOf(other) > layerOf(file) || STRANGERS.test(step)) {
        wrong.push(step);
      }
    }
  }
  assertEquals(wrong, []);
});

Deno.test("src has no cycle of imports, of types neither", async () => {
  const imports = await importsOfSrc();
  const cycles: string[] = [];
  const done = new Set<string>();
  const follow = (file: string, way: string[]) => {
    const start = way.indexOf(file);
    if (start !== -1) cycles.push([...way.slice(start), file].join(" → "));
    if (start !== -1 || done.has(file)) return;
    for (const other of imports.get(file)!) follow(other, [...way, file]);
    done.add(file);
  };
  for (const file of imports.keys()) follow(file, []);
  assertEquals(cycles, []);
});

Deno.test("mod loads no code of threads, of processes, of programs or of TLS before it is needed", async () => {
  const imports = await importsOfSrc(STATIC_IMPORT);
  const loaded = new Set<string>();
  const load = (file: string) => {
    if (loaded.has(file)) return;
    loaded.add(file);
    imports.get(file)!.forEach(load);
  };
  const front = await Deno.readTextFile(new URL("../mod.ts", SRC));
  for (const [, path] of front.matchAll(STATIC_IMPORT)) {
    load(path!.slice("./src/".length));
  }
  const pattern = /^(programs|remote|threads|processes|tls)\//;
  assertEquals([...loaded].filter((file) => pattern.test(file)).sort(), [
    "processes/child_flags.ts", // it checks options
    "processes/forking_options.ts",
    "processes/process_settings.ts",
    "processes/spare_children.ts",
    "threads/threading_options.ts",
    "tls/check_certificates.ts", // also when the server is made
    "tls/tls_modules.ts",
  ]);
});

/** The files of `src`, and for each what it imports of them. */
async function importsOfSrc(
  pattern = IMPORT,
): Promise<Map<string, string[]>> {
  const imports = new Map<string, string[]>();
  for await (const url of filesIn(SRC)) {
    const source = await Deno.readTextFile(url);
    const imported = source.matchAll(pattern).map(([, path, dynamic]) =>
      pathOf(new URL(path ?? dynamic!, url))
    );
    imports.set(pathOf(url), [...imported]);
  }
  assert([...imports.values()].flat().length > 150);
  return imports;
}

async function* filesIn(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* filesIn(new URL(`${name}/`, folder));
    else yield new URL(name, folder);
  }
}

function pathOf({ href }: URL): string {
  return href.slice(SRC.href.length);
}

function layerOf(path: string): number {
  const found = LAYERS.findIndex((pattern) => pattern.test(path));
  assert(found !== -1, `${path} is in no layer`);
  return found;
}
