/**
 * Deletes the coverage profiles of processes that were killed while they wrote
 * them, which `deno coverage` cannot read: `whole_profiles.ts FOLDER`.
 *
 * @module
 */

const END = "}".charCodeAt(0);

const [folder] = Deno.args;
for (const { name } of Deno.readDirSync(folder!)) {
  const path = `${folder}/${name}`;
  const profile = Deno.readFileSync(path);
  if (profile.at(-1) !== END) Deno.removeSync(path);
}
