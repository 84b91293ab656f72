import { assertEquals } from "@std/assert";
import { ForkingProcess } from "../fixtures/forking_process.ts";
import { PackageHost } from "../fixtures/package_host.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

/** Where Deno keeps what it has downloaded from npm. */
async function npmCache(): Promise<string> {
  const args = ["info", "--json"];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).npmCache;
}

const HANDLER = `
  import { StreamRequestHandler } from "socketserver";
  import { greeting } from "#greeting";

  export class GreetingHandler extends StreamRequestHandler {
    static moduleUrl = import.meta.url;

    override async handle() {
      const name = await this.rfile.readLine();
      if (name === "Bo") await this.server.shutdown();
      await this.wfile.write(greeting + name);
    }
  }
`;
const GREETING = 'export const greeting = "Hello, ";';
const PROGRAM = `
  import { ForkingTCPServer } from "socketserver";
  import { GreetingHandler } from "./handler.ts";

  const server = new ForkingTCPServer(
    { hostname: "127.0.0.1", port: 0 },
    GreetingHandler,
    JSON.parse(Deno.args[0]),
  );
  console.log(JSON.stringify(server.serverAddress));
  await server.serveForever();
  await server.serverClose();
`;

Deno.test("ForkingTCPServer works imported over http, with the import map beside its handler and no permission to read", async () => {
  using folder = new TemporaryFolder();
  using cache = new TemporaryFolder();
  await using library = new PackageHost();
  const { host } = library;
  const imports = {
    socketserver: `http://${host}/mod.ts`,
    "#greeting": "./greeting.ts",
  };
  const files = {
    "deno.json": JSON.stringify({ imports }),
    "handler.ts": HANDLER,
    "greeting.ts": GREETING,
    "main.ts": PROGRAM,
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder.path}/${name}`, text);
  }
  // A cache of its own, as the library's address is another in each run.
  const npm = await npmCache();
  await Deno.mkdir(npm, { recursive: true });
  await Deno.symlink(npm, `${cache.path}/npm`, { type: "junction" });

  // From jsr.io Deno imports by default, but not from a host of the test's own.
  const serverOptions = { permissions: { import: [host] } };
  await using server = new ForkingProcess([JSON.stringify(serverOptions)], {
    flags: [
      "--allow-net",
      `--allow-run=${Deno.execPath()}`,
      `--allow-import=${host}`,
    ],
    program: `${folder.path}/main.ts`,
    env: { DENO_DIR: cache.path },
  });
  assertEquals(await server.ask("Ada\n"), "Hello, Ada");
  assertEquals(await server.ask("Bo\n"), "Hello, Bo");
  // Its processes write to the cache until they have ended.
  assertEquals((await server.ended()).code, 0);
});
