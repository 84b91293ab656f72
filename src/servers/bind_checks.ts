import { brokenRule } from "../broken_rule.ts";
import { isObject } from "../option_checks.ts";
import { formatAddress } from "./format_address.ts";

/**
 * Checks the address of a TCP or UDP server before the platform does, which
 * would not name the action, and fills in the default.
 *
 * Only a hostname that is left out, or `""`, stands for all interfaces. One that
 * is missing by accident, such as the `null` of a configuration file, must not.
 *
 * @throws {TypeError} If the address is not an object, its hostname not a
 * string, or its port no number.
 * @throws {RangeError} If the port is out of range.
 */
export function checkedAddress(
  protocol: "TCP" | "UDP",
  address: { hostname?: string; port: number },
): { hostname: string; port: number } {
  const server = `${protocol} server`;
  const { hostname = "", port } = checkedParts(server, address);
  if (typeof hostname !== "string") {
    const rule = "hostname must be a string";
    throw new TypeError(brokenRule(`bind the ${server}`, rule, hostname));
  }
  return { hostname: hostname || "0.0.0.0", port: checkedPort(server, port) };
}

/**
 * Checks that an address is something that has parts.
 *
 * @throws {TypeError} If it is not an object.
 */
export function checkedParts<Address extends object>(
  server: string,
  address: Address,
): Address {
  if (isObject(address)) return address;
  const rule = "serverAddress must be an object";
  throw new TypeError(brokenRule(`bind the ${server}`, rule, address));
}

function checkedPort(server: string, port: unknown): number {
  const action = `bind the ${server}`;
  if (typeof port !== "number") {
    throw new TypeError(brokenRule(action, "port must be a number", port));
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    const rule = "port must be between 0 and 65535";
    throw new RangeError(brokenRule(action, rule, port));
  }
  return port;
}

/**
 * Checks a socket that a server is to use in place of its own.
 *
 * @param methods What the server calls.
 * @param transport What its address must be of, if that matters.
 * @throws {TypeError} If it is something else.
 */
export function checkSocket(
  socket: unknown,
  methods: readonly string[],
  transport?: string,
): void {
  if (
    isObject(socket) && isObject(socket.addr) &&
    (transport === undefined || socket.addr.transport === transport) &&
    methods.every((name) => typeof socket[name] === "function")
  ) return;
  const kind = transport === undefined ? "a socket" : `a ${transport} socket`;
  const rule = `it must be ${kind} with ${methods.join("() and ")}()`;
  throw new TypeError(brokenRule("use the socket", rule, socket));
}

/**
 * Binds. What goes wrong is thrown as an error of the platform's class, with its
 * code, which names the address too; the platform's own is the cause.
 *
 * @param address Where to bind to.
 * @throws {Error} Whatever the platform throws.
 */
export function bindTo<T>(address: Deno.NetAddr, bind: () => T): T {
  try {
    return bind();
  } catch (cause) {
    const server = `${address.transport.toUpperCase()} server`;
    throw bindFailure(server, formatAddress(address), cause);
  }
}

/** Makes an error of the platform's class that names the server and the address. */
export function bindFailure(
  server: string,
  where: string,
  cause: unknown,
): unknown {
  if (!(cause instanceof Error)) return cause;
  const PlatformError = cause.constructor as ErrorConstructor;
  const error = new PlatformError(
    `Cannot bind the ${server} to ${where}: ${cause.message}`,
    { cause },
  );
  return "code" in cause ? Object.assign(error, { code: cause.code }) : error;
}

/**
 * Makes the option that shares a port. Asked for without the flag, Deno would
 * end the program.
 *
 * @throws {Deno.errors.NotSupported} If Deno runs without the flag.
 */
export function checkedReusePort(
  reusePort: boolean,
): { reusePort?: boolean } {
  if (!reusePort) return {};
  checkUnstableNet("share a port");
  return { reusePort };
}

/**
 * Checks that Deno has been told to offer its unstable network functions.
 *
 * @throws {Deno.errors.NotSupported} If it has not.
 */
export function checkUnstableNet(action: string): void {
  if (Deno.listenDatagram !== undefined) return;
  throw new Deno.errors.NotSupported(
    `Cannot ${action} as Deno must be run with --unstable-net, or with "unstable": ["net"] in deno.json`,
  );
}
