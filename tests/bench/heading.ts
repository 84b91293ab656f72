import type { Program } from "./programs.ts";

/** Where, when and how it was measured. */
export async function heading(
  peers: Program[],
  rounds: number,
  args: string[],
): Promise<string> {
  const versions = [`Deno ${Deno.version.deno}`];
  for (const peer of peers) {
    if (await peer.isUsed()) versions.push(await peer.describe());
  }
  const date = new Date().toISOString().slice(0, 10);
  const command = [`npx -y deno@${Deno.version.deno} task bench`, ...args].join(
    " ",
  );
  return `${
    versions.join(", ")
  }; ${await machine()}; ${date}; ${rounds} rounds; \`${command}\``;
}

/** Cores, processor, system. */
async function machine(): Promise<string> {
  const cpu = await Deno.readTextFile("/proc/cpuinfo");
  const model = /^model name\s*:\s*(.+)$/m.exec(cpu)?.[1];
  const cores = navigator.hardwareConcurrency;
  return `${cores} cores${model === undefined ? "" : ` of ${model}`}, ` +
    `Linux ${/^\d+\.\d+/.exec(Deno.osRelease())?.[0]}`;
}
