import { brokenRule } from "../broken_rule.ts";
import { checkTexts, isObject } from "../option_checks.ts";

/** What a child process may do; see {@linkcode ForkingOptions}. */
export type ChildPermissions =
  | "none"
  | "inherit"
  | Deno.PermissionOptionsObject;

const ACTION = "start a child process";

const WHOLE_NET = /^(--allow-net|-N|--allow-all|-A)$/;
const ANY_IMPORT = /^(--allow-import(=.*)?|-I.*|--allow-all|-A)$/;
const NAMES = ["read", "write", "net", "env", "run", "sys", "ffi", "import"];

/** What a server says of the flags of its children. */
export interface ChildFlagOptions {
  readonly permissions: ChildPermissions;
  readonly configPath: string | undefined;
  readonly denoFlags: readonly string[];
}

/**
 * Makes the flags that Deno is given in a child process.
 *
 * Without any permission a program of Deno's may import from a number of hosts,
 * and from npm: enough to send what it knows to anybody, and to fetch what it
 * is to do next. So a child imports what is in Deno's cache and nothing else,
 * unless it is granted to import.
 *
 * @throws {TypeError} If one of the options is not what it should be.
 */
export function childFlags(
  { permissions, configPath, denoFlags }: ChildFlagOptions,
): string[] {
  checkTexts({ configPath }, ACTION);
  checkDenoFlags(denoFlags);
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

function checkDenoFlags(denoFlags: unknown): void {
  const isList = Array.isArray(denoFlags) &&
    denoFlags.every((flag) => typeof flag === "string");
  if (isList) return;
  const rule = "denoFlags must be an array of strings";
  throw new TypeError(brokenRule(ACTION, rule, denoFlags));
}

function wanted(permissions: unknown): Record<string, unknown> {
  if (permissions === "none") return {};
  if (permissions === "inherit") {
    return Object.fromEntries(NAMES.map((name) => [name, "inherit"]));
  }
  if (isObject(permissions)) return { ...permissions };
  const rule = 'permissions must be "none", "inherit" or an object';
  throw new TypeError(brokenRule(ACTION, rule, permissions));
}

function flag(name: string, value: unknown): string[] {
  if (!NAMES.includes(name)) {
    const rule = `the name of a permission must be one of ${NAMES.join(", ")}`;
    throw new TypeError(brokenRule(ACTION, rule, name));
  }
  if (value === true) return [`--allow-${name}`];
  if (value === "inherit") return isGranted(name) ? [`--allow-${name}`] : [];
  if (Array.isArray(value) && value.length > 0) {
    return [`--allow-${name}=${value.map(listed).join(",")}`];
  }
  if (value === false || value === undefined || Array.isArray(value)) return [];
  const rule =
    `the permission '${name}' must be a boolean, "inherit" or a list`;
  throw new TypeError(brokenRule(ACTION, rule, value));
}

/** Deno tells whether all of a kind is granted, not which parts of it. */
function isGranted(name: string): boolean {
  const descriptor = { name } as Deno.PermissionDescriptor;
  return Deno.permissions.querySync(descriptor).state === "granted";
}

/** Deno splits a list at its commas, and takes an empty one for all there is. */
function listed(item: unknown): string {
  const text = item instanceof URL ? fromUrl(item) : item;
  if (typeof text !== "string") {
    const rule = "an item of a permission must be a string or a URL";
    throw new TypeError(brokenRule(ACTION, rule, item));
  }
  if (text !== "" && !text.includes(",")) return text;
  const rule = "an item of a permission must have no comma and not be empty";
  throw new TypeError(brokenRule(ACTION, rule, text));
}

function fromUrl(url: URL): string {
  if (url.protocol !== "file:") return url.href;
  const path = decodeURIComponent(url.pathname);
  // file:///C:/data
  return Deno.build.os === "windows" ? path.replace(/^\//, "") : path;
}
