/**
 * Checks the address of a TCP or UDP server before the platform does, which
 * would not name the action, and fills in the default.
 *
 * @throws {TypeError} If the hostname is not a string, or the port no number.
 * @throws {RangeError} If the port is out of range.
 */
export function checkedAddress(
  protocol: "TCP" | "UDP",
  { hostname, port }: Deno.NetAddr,
): { hostname: string; port: number } {
  if (typeof hostname !== "string") {
    throw new TypeError(
      `Cannot bind the ${protocol} server as hostname must be a string: current value is ${
        Deno.inspect(hostname)
      }`,
    );
  }
  return { hostname, port: checkedPort(protocol, port) };
}

/**
 * Binds, and names the host if it cannot be found.
 *
 * @throws {Error} Whatever the platform throws.
 */
export function bindTo<T>(hostname: string, bind: () => T): T {
  try {
    return bind();
  } catch (error) {
    // The one error that has no class of its own, nor a code.
    if ((error as Error).constructor !== Error) throw error;
    throw new Error(
      `Cannot bind the server as the host must be known: current value is ${hostname}`,
      { cause: error },
    );
  }
}

function checkedPort(protocol: "TCP" | "UDP", port: unknown): number {
  const action = `Cannot bind the ${protocol} server`;
  if (typeof port !== "number") {
    throw new TypeError(
      `${action} as port must be a number: current value is ${
        Deno.inspect(port)
      }`,
    );
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(
      `${action} as port must be between 0 and 65535: current value is ${port}`,
    );
  }
  return port;
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
