import { assertEquals } from "@std/assert";
import { ChildProgram } from "../fixtures/child_program.ts";
import { ownImports } from "../fixtures/own_imports.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const ADVICE =
  'Deno must be run with --unstable-net, or with "unstable": ["net"] in deno.json';
const isWindows = Deno.build.os === "windows";

/** Makes a server in a program that has no flag, and no deno.json. */
async function attempt(
  flags: string[],
  name: string,
  address: object,
  options: object = {},
): Promise<unknown> {
  await using child = new ChildProgram(
    Deno.execPath(),
    "run",
    "--allow-all",
    "--no-config",
    "--import-map",
    await importMap(),
    ...flags,
    `${import.meta.dirname}/../fixtures/programs/bind_attempt.ts`,
    name,
    JSON.stringify(address),
    JSON.stringify(options),
  );
  return JSON.parse((await child.line())!);
}

/** What deno.json says of imports, without what it says of flags. */
async function importMap(): Promise<string> {
  const map = JSON.stringify({ imports: await ownImports() });
  return `data:application/json,${encodeURIComponent(map)}`;
}

Deno.test("new UDPServer() names the flag that Deno lacks", async () => {
  assertEquals(await attempt([], "UDPServer", ADDRESS), {
    name: "NotSupported",
    message: `Cannot bind the UDP server as ${ADVICE}`,
  });
});

Deno.test({
  name: "new UnixDatagramServer() names the flag that Deno lacks",
  ignore: isWindows,
  async fn() {
    using folder = new TemporaryFolder();
    const address = { path: `${folder.path}/socket` };
    assertEquals(await attempt([], "UnixDatagramServer", address), {
      name: "NotSupported",
      message: `Cannot bind the UnixDatagramServer as ${ADVICE}`,
    });
  },
});

Deno.test("new TCPServer() names the flag that allowReusePort needs", async () => {
  const options = { allowReusePort: true };
  assertEquals(await attempt([], "TCPServer", ADDRESS, options), {
    name: "NotSupported",
    message: `Cannot share a port as ${ADVICE}`,
  });
});

Deno.test("new TCPServer() needs no flag", async () => {
  assertEquals(await attempt([], "TCPServer", ADDRESS), { name: "bound" });
});

Deno.test({
  name: "new UnixStreamServer() needs no flag",
  ignore: isWindows,
  async fn() {
    using folder = new TemporaryFolder();
    const address = { path: `${folder.path}/socket` };
    const outcome = await attempt([], "UnixStreamServer", address);
    assertEquals(outcome, { name: "bound" });
  },
});

Deno.test("new UDPServer() needs no more than --unstable-net", async () => {
  const outcome = await attempt(["--unstable-net"], "UDPServer", ADDRESS);
  assertEquals(outcome, { name: "bound" });
});
