import type { Sample } from "./driver.ts";
import type { Command } from "./rows.ts";

const driver: Command = [
  Deno.execPath(),
  "run",
  "-A",
  new URL("./driver.ts", import.meta.url).pathname,
];

/**
 * Starts a server, loads it from another process, and ends it.
 *
 * @throws {Deno.errors.NotFound} If one of the programs is not installed.
 */
export async function measure(server: Command, load: Command): Promise<Sample> {
  await using process = spawn(server);
  // It prints its port and nothing more.
  const { value } = await process.stdout.getReader().read();
  const port = new TextDecoder().decode(value).trim();
  if (load[0] === "redis-benchmark") return await redisBenchmark(load, port);
  return JSON.parse(await output([...driver, port, `${process.pid}`, ...load]));
}

/** Its request, sent back as it is, is an answer that it understands. */
async function redisBenchmark(
  [program, ...args]: Command,
  port: string,
): Promise<Sample> {
  const request = ["ECHO", "a".repeat(41)];
  const csv = await output([program, "-p", port, ...args, "--csv", ...request]);
  const [, perSecond] = csv.trimEnd().split("\n").at(-1)!.split(",");
  return { value: Number(JSON.parse(perSecond!)) };
}

async function output(command: Command): Promise<string> {
  const { success, stdout } = await spawn(command).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`${command.join(" ")} failed`);
}

/** Of open files it may have as many as the system allows. */
function spawn([program, ...args]: Command): Deno.ChildProcess {
  const raise = 'ulimit -n "$(ulimit -Hn)"; exec "$@"';
  return new Deno.Command("sh", {
    args: ["-c", raise, "sh", program, ...args],
    stdout: "piped",
  }).spawn();
}

/** Whether a program can be run. */
export async function isInstalled(program: string): Promise<boolean> {
  const find = 'command -v "$1"';
  const { success } = await spawn(["sh", "-c", find, "sh", program]).output();
  return success;
}
