const LIMIT_MS = 30_000;

/** Runs a client to its end; resolves to all that it prints. */
export async function outputOf(
  program: string,
  ...args: string[]
): Promise<string> {
  const { stdout } = await new Deno.Command(program, {
    args,
    stdin: "null",
    stderr: "inherit",
    signal: AbortSignal.timeout(LIMIT_MS),
  }).output();
  return new TextDecoder().decode(stdout);
}
