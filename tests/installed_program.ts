/**
 * Whether a program is installed: whether it runs with these arguments, and
 * prints what it should.
 */
export function isInstalled(
  program: string,
  args: string[],
  output: RegExp,
): boolean {
  try {
    const { stdout, stderr } = new Deno.Command(program, { args }).outputSync();
    const decoder = new TextDecoder();
    return output.test(decoder.decode(stdout) + decoder.decode(stderr));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
