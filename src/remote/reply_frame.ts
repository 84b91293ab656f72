import { RemoteProtocolError } from "../errors.ts";
import { inspected } from "../inspected.ts";
import { jsonOf, MAX_NAME, type Reply } from "./frames.ts";

/** The largest port. */
const MAX_PORT = 65_535;

/** What an address may hold, for whoever has not looked at it yet. */
type Unchecked = Readonly<Record<string, unknown>>;

/**
 * Reads the payload of a `reply` frame.
 *
 * @throws {RemoteProtocolError} If a field is wrong.
 */
export function replyIn(
  payload: Uint8Array<ArrayBuffer>,
): [head: Reply, data: Uint8Array] {
  const [head, data] = jsonOf(payload);
  const { reply, address } = head as Readonly<Record<keyof Reply, unknown>>;
  if (typeof reply !== "number" || reply >>> 0 !== reply) {
    throw new RemoteProtocolError(
      `Cannot take a reply as its ID must be a whole number of 32 bits: current value is ${
        inspected(reply)
      }`,
    );
  }
  try {
    return [{ reply, address: checkedAddress(address) }, data];
  } catch (error) {
    throw new RemoteProtocolError((error as Error).message);
  }
}

/**
 * Checks where a reply is to go, as the far side says it, or the handler.
 *
 * @returns The address, without whatever else the object holds.
 * @throws {TypeError} If its shape is wrong.
 * @throws {RangeError} If its port, or the length of its name, is out of range.
 */
export function checkedAddress(address: unknown): Deno.Addr {
  if (typeof address !== "object" || address === null) {
    throw new TypeError(broken("its address must be an object", address));
  }
  const { transport, hostname, port, path } = address as Unchecked;
  switch (transport) {
    case "tcp":
    case "udp":
      return {
        transport,
        hostname: checkedName("hostname", hostname),
        port: checkedPort(port),
      };
    case "unix":
    case "unixpacket":
      // A client that is bound to no path has none.
      return path === null
        ? { transport, path: path as unknown as string }
        : { transport, path: checkedName("path", path) };
    default:
      throw new TypeError(
        broken("its transport must be tcp, udp, unix or unixpacket", transport),
      );
  }
}

function checkedName(key: string, name: unknown): string {
  if (typeof name !== "string") {
    throw new TypeError(broken(`its ${key} must be a string`, name));
  }
  if (name.length <= MAX_NAME) return name;
  const rule = `its ${key} must have at most ${MAX_NAME} characters`;
  throw new RangeError(broken(rule, name.length));
}

function checkedPort(port: unknown): number {
  if (typeof port !== "number") {
    throw new TypeError(broken("its port must be a number", port));
  }
  if (Number.isInteger(port) && port >= 0 && port <= MAX_PORT) return port;
  const rule = `its port must be a whole number from 0 to ${MAX_PORT}`;
  throw new RangeError(broken(rule, port));
}

function broken(rule: string, value: unknown): string {
  return `Cannot send a datagram as ${rule}: current value is ${
    inspected(value)
  }`;
}
