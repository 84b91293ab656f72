import type { Command } from "./server.ts";

/** What runs servers. It need not be installed. */
export class Program {
  /** What it is called. */
  readonly name: string;
  readonly #find: () => Promise<string>;
  readonly #versionCommand: Command | undefined;
  #path?: Promise<string | undefined>;

  /**
   * @param name What it is called.
   * @param find Finds its path, and throws if there is none.
   * @param versionCommand What prints its version.
   */
  constructor(
    name: string,
    find: () => Promise<string>,
    versionCommand?: Command,
  ) {
    this.name = name;
    this.#find = find;
    this.#versionCommand = versionCommand;
  }

  /** Where it is; `undefined` if it can't be had. It is looked for once. */
  path(): Promise<string | undefined> {
    this.#path ??= this.#find().catch(() => undefined);
    return this.#path;
  }

  /** Whether anybody has looked for it, and it was found. */
  async isUsed(): Promise<boolean> {
    return await this.#path !== undefined;
  }

  /** Its name and its version. */
  async describe(): Promise<string> {
    if (this.#versionCommand === undefined) return this.name;
    const printed = await output(...this.#versionCommand);
    return `${this.name} ${/\d+(\.\d+)+/.exec(printed)?.[0]}`;
  }
}

/** Long enough for npx to install a program. */
const LIMIT_MS = 120_000;

async function output(...[program, ...args]: Command): Promise<string> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const command = new Deno.Command(program, { args, signal, stderr: "null" });
  const { success, stdout } = await command.output();
  if (!success) throw new Error(`${program} failed`);
  return new TextDecoder().decode(stdout).trim();
}

/** Where a server's program is. */
export function file(name: string): string {
  return new URL(`./servers/${name}`, import.meta.url).pathname;
}

/** Runs this, too. */
export const deno = new Program("Deno", () => Promise.resolve(Deno.execPath()));

// What is called python3, node or bun may be a script that finds the program:
// the programs themselves are asked where they are.

/** Python's own. */
export const python = new Program(
  "Python",
  () => output("python3", "-c", "import sys; print(sys.executable)"),
  ["python3", "--version"],
);

const NODE = ["npx", "-y", "-p", "node@26", "node"] as const;

/** The version 26, whatever else is installed. */
export const node = new Program(
  "Node",
  () => output(...NODE, "-p", "process.execPath"),
  [...NODE, "--version"],
);

const BUN = ["npx", "-y", "-p", "bun@1", "bun"] as const;

/** The newest. */
export const bun = new Program(
  "Bun",
  () => output(...BUN, "-p", "process.execPath"),
  [...BUN, "--version"],
);

/** The server in Go, which is built into the temporary folder. */
export const goServer = new Program("Go", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bench-" });
  addEventListener(
    "unload",
    () => Deno.removeSync(folder, { recursive: true }),
  );
  const path = `${folder}/echo`;
  await output("go", "build", "-o", path, file("echo.go"));
  return path;
}, ["go", "version"]);

/** Runs a program for each connection (Debian's ucspi-tcp). */
export const tcpserver = new Program(
  "tcpserver",
  () => output("sh", "-c", "command -v tcpserver"),
);

/**
 * Runs the scripts that start a Redis, where there are redis-server and
 * redis-benchmark (Debian's redis-server has both).
 */
export const redis = new Program(
  "redis-server",
  async () => {
    await output("redis-benchmark", "--version");
    await output("redis-server", "--version");
    return Deno.execPath();
  },
);

/** The same program, where there is wrk to ask it for pages. */
export function underWrk(program: Program): Program {
  return new Program(program.name, async () => {
    await output("sh", "-c", "command -v wrk");
    const path = await program.path();
    if (path === undefined) throw new Error(`There is no ${program.name}`);
    return path;
  });
}
