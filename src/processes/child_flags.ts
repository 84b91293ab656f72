import type { ChildPermissions, ForkingSettings } from "./forking_options.ts";

const WHOLE_NET = /^(--allow-net|-N|--allow-all|-A)$/;
const ANY_IMPORT = /^(--allow-import(=.*)?|-I.*|--allow-all|-A)$/;
const NAMES = ["read", "write", "net", "env", "run", "sys", "ffi", "import"];

/** What a server says of the flags of its children. */
export type ChildFlagOptions = Readonly<
  Pick<ForkingSettings, "permissions" | "configPath" | "denoFlags">
>;

/**
 * Makes the flags that Deno is given in a child process.
 *
 * Without any permission a program of Deno's may import from a number of hosts,
 * and from npm: enough to send what it knows to anybody, and to fetch what it
 * is to do next. So a child imports what is in Deno's cache and nothing else,
 * unless it is granted to import.
 *
 * @throws {TypeError} If the permissions are not understood.
 */
export function childFlags(
  { permissions, configPath, denoFlags }: ChildFlagOptions,
): string[] {
  const flags = [
    ...Object.entries(wanted(permissions))
      .flatMap(([name, value]) => flag(name, value)),
    ...(configPath === undefined ? [] : [`--config=${configPath}`]),
    ...denoFlags,
  ];
  const imports = flags.some((it) => ANY_IMPORT.test(it));
  return imports ? flags : [...flags, "--cached-only"];
}

/** Whether a child with these flags may send to anybody. */
export function grantsNet(flags: readonly string[]): boolean {
  return flags.some((it) => WHOLE_NET.test(it));
}

function wanted(permissions: ChildPermissions): Record<string, unknown> {
  if (permissions === "none") return {};
  return permissions === "inherit"
    ? Object.fromEntries(NAMES.map((name) => [name, "inherit"]))
    : { ...permissions };
}

function flag(name: string, value: unknown): string[] {
  if (!NAMES.includes(name)) {
    throw new TypeError(
      `Cannot start a child process as the name of a permission must be one of ${
        NAMES.join(", ")
      }: current value is ${Deno.inspect(name)}`,
    );
  }
  if (value === true) return [`--allow-${name}`];
  if (value === "inherit") return isGranted(name) ? [`--allow-${name}`] : [];
  if (Array.isArray(value) && value.length > 0) {
    return [`--allow-${name}=${value.map(listed).join(",")}`];
  }
  if (value === false || value === undefined || Array.isArray(value)) return [];
  throw new TypeError(
    `Cannot start a child process as the permission '${name}' must be a boolean, "inherit" or a list: current value is ${
      Deno.inspect(value)
    }`,
  );
}

/** Deno tells whether all of a kind is granted, not which parts of it. */
function isGranted(name: string): boolean {
  const descriptor = { name } as Deno.PermissionDescriptor;
  return Deno.permissions.querySync(descriptor).state === "granted";
}

/** Deno splits a list at its commas, and takes an empty one for all there is. */
function listed(item: unknown): string {
  const text = item instanceof URL ? fromUrl(item) : `${item}`;
  if (text !== "" && !text.includes(",")) return text;
  throw new TypeError(
    `Cannot start a child process as an item of a permission must have no comma and not be empty: current value is ${
      Deno.inspect(text)
    }`,
  );
}

function fromUrl(url: URL): string {
  if (url.protocol !== "file:") return url.href;
  const path = decodeURIComponent(url.pathname);
  // file:///C:/data
  return Deno.build.os === "windows" ? path.replace(/^\//, "") : path;
}
