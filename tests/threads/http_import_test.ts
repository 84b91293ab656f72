import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { TextLineStream } from "@std/streams/text-line-stream";
import { LineClient } from "../fixtures/clients/line_client.ts";
import { allowReadOf } from "../fixtures/module_permissions.ts";
import { PackageHost } from "../fixtures/package_host.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

const LIMIT_MS = 60_000;

/** Where Deno keeps what it has downloaded. */
async function cacheFolder(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

/** Makes a cache that holds @std, which is there already, and nothing else. */
async function makeCache(folder: string): Promise<string> {
  const from = await cacheFolder();
  const to = `${folder}/cache`;
  await Deno.mkdir(`${to}/remote/https`, { recursive: true });
  for (const part of ["npm", "remote/https/jsr.io"]) {
    try {
      await Deno.lstat(`${from}/${part}`);
    } catch {
      continue; // as @std comes from the other one
    }
    await Deno.symlink(`${from}/${part}`, `${to}/${part}`, {
      type: "junction",
    });
  }
  return to;
}

/** The program of the first page, with the library from a host. */
async function writeProgram(folder: string, host: string): Promise<string> {
  const url = new URL(
    "../fixtures/programs/first_page_program.ts",
    import.meta.url,
  );
  const source = await Deno.readTextFile(url);
  const path = `${folder}/program.ts`;
  await Deno.writeTextFile(
    path,
    source.replace("@socketserver/socketserver", `http://${host}/mod.ts`),
  );
  return path;
}

/** Loads the program, and all that it needs, from the host; which then ends. */
async function loadProgram(
  folder: string,
): Promise<{ program: string; cache: string; host: string }> {
  await using packages = new PackageHost();
  const { host } = packages;
  const program = await writeProgram(folder, host);
  const cache = await makeCache(folder);
  const { success, stderr } = await deadline(
    new Deno.Command(Deno.execPath(), {
      args: ["cache", `--allow-import=${host}`, program],
      env: { DENO_DIR: cache },
    }).output(),
    LIMIT_MS,
  );
  assert(success, new TextDecoder().decode(stderr));
  return { program, cache, host };
}

Deno.test("`deno cache` is all that a program with threads needs of the library over http", async () => {
  using folder = new TemporaryFolder();
  const { program, cache, host } = await loadProgram(folder.path);
  await using process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--cached-only",
      `--allow-import=${host}`,
      "--allow-net=127.0.0.1",
      allowReadOf(program),
      program,
    ],
    env: { DENO_DIR: cache },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const lines = process.stdout
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream())
    .values();
  const { value } = await deadline(lines.next(), LIMIT_MS);
  const serverAddress = {
    transport: "tcp",
    hostname: "127.0.0.1",
    port: Number(value),
  } as const;
  using first = await LineClient.connect({ serverAddress });
  using second = await LineClient.connect({ serverAddress });
  assertEquals(await first.ask("hello"), "hello");
  assertEquals(await second.ask("beside it"), "beside it");
  process.kill("SIGKILL");
  await lines.return?.();
});
