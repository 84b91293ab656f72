/**
 * Runs `deno <arguments>`, with a throw-away stand-in for jsr.io where that
 * cannot be reached but npm can: `deno run -A .ci/deno.ts test -A`.
 *
 * @module
 */

// The stand-in is a JSR registry of a few files in the temporary folder: @std's
// code, as it is in its npm package, with the types in ./jsr, since that package
// has none. (Modules that only re-exported npm's would have every program load
// npm packages, which costs its start half as much again.) JSR_URL points Deno at it, and its workers and child
// processes too, so that deno.json and all sources stay as jsr.io wants them.
// If JSR_URL is set already, nothing is asked or written.

// deno-lint-ignore-file no-console -- this is a program, not the library

import { fileURLToPath, pathToFileURL } from "node:url";

const NPM = "npm:deno-std@1.4.0";

/** Satisfies every `^1` in deno.json, and cannot be taken for a real one. */
const VERSION = "1.99.0";

/** The types of the modules that are there: a folder for each package. */
const TYPES = new URL("./jsr/", import.meta.url);

/** What a module imports, or exports again, of its own package. */
const IMPORTS = /^(?:import|export)\b[^"]*"(\.{1,2}\/[^"]+)"/gm;

/** Whether jsr.io gives an answer within 1.5 seconds. */
async function isJsrReachable(): Promise<boolean> {
  try {
    const response = await fetch("https://jsr.io/@std/assert/meta.json", {
      method: "HEAD",
      signal: AbortSignal.timeout(1500),
    });
    return response.ok;
  } catch {
    return false;
  }
}

/** Writes the stand-in, in JSR's own layout, and returns its folder. */
async function writeStandIn(): Promise<string> {
  await import(`${NPM}/bytes/concat.js`); // has the package installed
  const root = await Deno.makeTempDir({ prefix: "jsr-" });
  for await (const { name } of Deno.readDir(TYPES)) {
    const types = new URL(`${name}/`, TYPES);
    const modules = await Array.fromAsync(
      Deno.readDir(types),
      (file) => file.name.replace(".d.ts", ""),
    );
    const files = new Map<string, string>();
    for (const module of modules) {
      await addCode(`${name}/${module}.js`, files);
      const path = `${VERSION}/${name}/${module}`;
      files.set(`${path}.d.ts`, await declarationOf(module, types));
      files.set(
        `${path}.js`,
        `// @ts-self-types="./${module}.d.ts"\n${files.get(`${path}.js`)}`,
      );
    }
    files.set("meta.json", JSON.stringify({ versions: { [VERSION]: {} } }));
    files.set(
      `${VERSION}_meta.json`,
      JSON.stringify({
        exports: Object.fromEntries(
          modules.map((module) => [entryOf(module), `./${name}/${module}.js`]),
        ),
        manifest: {},
      }),
    );
    for (const [path, text] of files) {
      const file = new URL(`@std/${name}/${path}`, `${pathToFileURL(root)}/`);
      await Deno.mkdir(new URL(".", file), { recursive: true });
      await Deno.writeTextFile(file, text);
    }
  }
  return root;
}

/** Adds a module of the npm package, and all that it imports. */
async function addCode(path: string, files: Map<string, string>) {
  const place = `${VERSION}/${path}`;
  if (files.has(place)) return;
  const { default: code } = await import(`${NPM}/${path}`, {
    with: { type: "text" },
  });
  files.set(place, code);
  for (const [, imported] of code.matchAll(IMPORTS)) {
    await addCode(
      new URL(imported, `file:///${path}`).pathname.slice(1),
      files,
    );
  }
}

function declarationOf(module: string, types: URL): Promise<string> {
  return Deno.readTextFile(new URL(`${module}.d.ts`, types));
}

/** The name under which a package of std's exports a module. */
function entryOf(module: string): string {
  return module === "mod" ? "." : `./${module.replaceAll("_", "-")}`;
}

/**
 * The arguments for Deno. A Worker needs no permission for modules of jsr.io,
 * but it must be allowed to read those of a registry that is a folder.
 */
function argumentsWith(registry: string): string[] {
  if (!registry.startsWith("file:")) return Deno.args;
  return Deno.args.map((argument) =>
    argument.startsWith("--allow-read=")
      ? `${argument},${fileURLToPath(registry)}`
      : argument
  );
}

/** Runs `deno <arguments>` to its own end and returns its exit code. */
async function runDeno(registry: string): Promise<number> {
  const deno = new Deno.Command(Deno.execPath(), {
    args: argumentsWith(registry),
    env: registry ? { JSR_URL: registry } : {},
  }).spawn();
  const windows = Deno.build.os === "windows";
  // A terminal sends its Ctrl-C to both of us.
  const both = windows || Deno.stdin.isTerminal();
  const signals: Deno.Signal[] = windows
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) {
    // Having a listener keeps us here until the child has ended.
    Deno.addSignalListener(signal, () => {
      if (signal === "SIGINT" && both) return;
      try {
        deno.kill(signal);
      } catch {
        // It has just ended.
      }
    });
  }
  return (await deno.status).code;
}

const given = Deno.env.get("JSR_URL");
const standIn = given || await isJsrReachable() ? null : await writeStandIn();
console.error(
  standIn
    ? "@std comes from npm, as jsr.io does not answer"
    : `@std comes from ${given || "jsr.io"}`,
);
try {
  Deno.exitCode = await runDeno(
    standIn ? `${pathToFileURL(standIn)}/` : given ?? "",
  );
} finally {
  if (standIn) await Deno.remove(standIn, { recursive: true });
}
