import { pathToFileURL } from "node:url";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  ChildProcessError,
  type ForkingOptions,
  ForkingTCPServer,
} from "@socketserver/socketserver";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { ownImports } from "../fixtures/own_imports.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

// A child has no import map and no permission of its own: its error says how to
// give it some, and that is what helps.

const LIMIT_MS = 30_000;
const HANDLE = `
  export async function greet(connection) {
    await connection.write(new TextEncoder().encode(greeting));
  }
`;
const MAPPED = `import { greeting } from "#greeting"; ${HANDLE}`;
const READING = `
  const greeting = Deno.readTextFileSync(new URL("greeting.ts", import.meta.url));
  ${HANDLE}
`;

function greet(): void {} // whose name is what counts

/** Serves a client with the handler of a module, and that one's greeting. */
async function serve(
  handler: string,
  options: (folder: string) => ForkingOptions,
): Promise<string> {
  using folder = new TemporaryFolder();
  const { path } = folder;
  await Deno.writeTextFile(`${path}/handler.js`, handler);
  await Deno.writeTextFile(
    `${path}/greeting.ts`,
    'export const greeting = "hi";',
  );
  const imports = { ...await ownImports(), "#greeting": "./greeting.ts" };
  const map = JSON.stringify({ imports });
  await Deno.writeTextFile(`${path}/map.json`, map);
  await using server = new ForkingTCPServer(
    { hostname: "127.0.0.1", port: 0 },
    greet,
    {
      handlerModule: pathToFileURL(`${path}/handler.js`),
      drainTimeout: 5,
      ...options(path),
    },
  );
  const served = server.handleRequest();
  using client = await connectTo(server);
  const greeting = new Uint8Array(10);
  await deadline(served, LIMIT_MS);
  const count = await deadline(client.read(greeting), LIMIT_MS);
  return new TextDecoder().decode(greeting.subarray(0, count ?? 0));
}

Deno.test("ForkingTCPServer.handleRequest() says what cures an import that is in no import map", async () => {
  const { message } = await assertRejects(
    () => serve(MAPPED, () => ({})),
    ChildProcessError,
  );
  assertStringIncludes(message, "#greeting");
  assertStringIncludes(message, "configPath");
  assertStringIncludes(message, "--import-map=");
});

const cures: Record<string, (folder: string) => ForkingOptions> = {
  denoFlags: (folder) => ({ denoFlags: [`--import-map=${folder}/map.json`] }),
  configPath: (folder) => ({ configPath: `${folder}/map.json` }),
};
for (const [name, options] of Object.entries(cures)) {
  Deno.test(`ForkingTCPServer.${name} cures an import that is in no import map`, async () => {
    assertEquals(await serve(MAPPED, options), "hi");
  });
}

Deno.test("ForkingTCPServer.handleRequest() says what cures a permission that the handler's module lacks", async () => {
  const { message } = await assertRejects(
    () => serve(READING, cures.configPath!),
    ChildProcessError,
  );
  assertStringIncludes(message, "with the permissions option");
  const answer = await serve(READING, (folder) => ({
    ...cures.configPath!(folder),
    permissions: { read: [folder] },
  }));
  assertStringIncludes(answer, "export");
});
