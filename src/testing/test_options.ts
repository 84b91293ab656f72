import { brokenRule } from "../broken_rule.ts";
import {
  checkCounts,
  checkDurations,
  checkOptions,
  isObject,
} from "../option_checks.ts";
import { isHandlerClass } from "../handlers/run_handler.ts";
import type { DatagramSocket, TlsInfo } from "../types.ts";

/**
 * Options that all functions of this module take.
 *
 * @typeParam Address The kind of address that the handler's clients have.
 */
export interface HandlerTestOptions<Address extends Deno.Addr = Deno.Addr> {
  /**
   * The client's address, as the handler finds it in `clientAddress`.
   *
   * @default {{ transport, hostname: "127.0.0.1", port: 50000 }}
   */
  clientAddress?: Address;
  /**
   * The server's address, as the handler finds it in `server.serverAddress`.
   *
   * @default {{ transport, hostname: "127.0.0.1", port: 8000 }}, or a path if the
   * client's address is a path
   */
  serverAddress?: Deno.Addr;
  /**
   * What the handler finds in `server.data`.
   *
   * @default {undefined}
   */
  data?: unknown;
  /**
   * The handler's `this.server`, in place of one that has the members of
   * `HandlerServer` alone: an object with what the handler uses, or a server
   * that has not been bound, made with `bindAndActivate: false`. It brings its
   * own `data`.
   *
   * @default {undefined}
   */
  server?: object;
  /**
   * Called with what the handler throws, as the server's `handleError()` is: for
   * a test of both the error and what was written before. Nothing rejects with
   * that error then.
   *
   * @default {undefined} The test is told by a rejection.
   */
  handleError?: (error: unknown) => unknown;
  /**
   * Aborts the handler's `signal`, with the same reason.
   *
   * @default {undefined}
   */
  signal?: AbortSignal;
  /**
   * The longest that one wait for the handler may take, in seconds; `null` and
   * `Infinity` for ever. So a handler that hangs fails its test.
   *
   * @default {10}
   */
  timeout?: number | null;
}

/**
 * Options for {@linkcode connect} and {@linkcode exchange}.
 *
 * @typeParam Address The kind of address that the handler's clients have.
 */
export interface ConnectionTestOptions<Address extends Deno.Addr = Deno.Addr>
  extends HandlerTestOptions<Address> {
  /**
   * The most bytes that the handler is given by one read of its connection, and
   * that one write of it takes. With 1 every message comes in pieces.
   *
   * @default {Infinity}
   */
  chunkSize?: number;
  /**
   * From how many bytes on that the client has not read a write of the handler
   * waits, as it does where a client is slow.
   *
   * @default {Infinity}
   */
  highWaterMark?: number;
  /**
   * What the handler finds in `request.tls`, as if the client had come over TLS;
   * what is left out of it is `null`.
   *
   * @default {undefined} The client has not come over TLS.
   */
  tls?: Partial<TlsInfo>;
}

/**
 * Options for {@linkcode exchangeDatagram}.
 *
 * @typeParam Address The kind of address that the handler's clients have.
 */
export interface DatagramTestOptions<Address extends Deno.Addr = Deno.Addr>
  extends HandlerTestOptions<Address> {
  /**
   * What the handler sends by, which may fail: for a test of what it does then.
   *
   * @default {undefined} All that is sent is taken.
   */
  socket?: Pick<DatagramSocket, "send">;
}

const ACTION = "test the handler";

/**
 * Checks what a test was given.
 *
 * @throws {TypeError} If something is of a wrong type.
 * @throws {RangeError} If an option is out of range.
 */
export function checkTest(
  handlerClass: unknown,
  options: ConnectionTestOptions | null | undefined,
): void {
  if (!isHandlerClass(handlerClass)) {
    const rule = "it must be a handler class or a function";
    throw new TypeError(brokenRule(ACTION, rule, handlerClass));
  }
  checkOptions(options, ACTION);
  const { timeout, chunkSize, highWaterMark, tls, server, data, handleError } =
    options ?? {};
  checkDurations({ timeout }, ACTION);
  checkCounts(
    { chunkSize, highWaterMark },
    { least: 1, most: Infinity },
    ACTION,
  );
  if (tls !== undefined && !isObject(tls)) {
    throw new TypeError(brokenRule(ACTION, "tls must be an object", tls));
  }
  if (handleError !== undefined && typeof handleError !== "function") {
    const rule = "handleError must be a function";
    throw new TypeError(brokenRule(ACTION, rule, handleError));
  }
  if (server !== undefined && data !== undefined) {
    const rule =
      "data must be left out where server is given, which has its own";
    throw new TypeError(brokenRule(ACTION, rule, data));
  }
}

/** The addresses of both ends, where some have been given. */
export function addressesIn(
  transport: "tcp" | "udp",
  { clientAddress, serverAddress }: HandlerTestOptions,
): { readonly client: Deno.Addr; readonly server: Deno.Addr } {
  const hostname = "127.0.0.1";
  const client = clientAddress ?? { transport, hostname, port: 50_000 };
  const own: Deno.Addr = "path" in client
    ? { transport: client.transport, path: "/run/test.sock" }
    : { transport, hostname, port: 8000 };
  return { client, server: serverAddress ?? own };
}
