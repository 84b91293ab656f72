// Takes log messages over UDP, TCP and a Unix socket, of RFC 3164 and RFC 5424,
// and prints each of them as a line of JSON.
//
//   deno run --unstable-net --allow-net=127.0.0.1,unix:/tmp/syslog.sock --allow-read=/tmp/syslog.sock --allow-write=/tmp/syslog.sock examples/syslog_server.ts
//
// In a second terminal:
//
//   logger -n 127.0.0.1 -P 5140 -d 'over UDP'
//   logger -n 127.0.0.1 -P 5140 -T --octet-count 'over TCP'
//   logger -u /tmp/syslog.sock 'over a Unix socket'
//
// A port other than 5140 can be given as the first argument, where 0 takes a free
// one, and another path as the second; the flags must name it too.

// deno-lint-ignore-file no-console -- it prints the messages

import {
  AsyncTCPServer,
  AsyncUDPServer,
  AsyncUnixDatagramServer,
  type DatagramRequest,
  formatAddress,
  LineTooLongError,
  RequestReader,
  StreamRequestHandler,
  terminationSignal,
  UnexpectedEof,
} from "@socketserver/socketserver";

const LONGEST = 65_536; // bytes of a message
const SEVERITIES = "emerg alert crit err warning notice info debug".split(" ");

const PRIORITY = /^<(\d|[1-9]\d|1[0-8]\d|19[01])>/;
// RFC 5424: 1 TIME HOST APP PROCESS ID [DATA] MESSAGE
const NEW =
  /^1 (\S+) (\S+) (\S+) (\S+) (\S+) (-|(?:\[(?:[^\]"]|"(?:[^"\\\]]|\\.)*")*\])+)(?: \uFEFF?(.*))?$/s;
// RFC 3164, of which programs leave parts out: TIME HOST APP[PROCESS]: MESSAGE
const OLD =
  /^(?:([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) )?(?:(?:([^\s:[]{1,255}) )?([^\s:[]{1,48})(?:\[([^\s\]]{1,128})\])?: )?(.*)$/s;

/** The parts of a message. What has none of a format is text as a whole. */
export function parse(
  text: string,
): Record<string, string | number | undefined> {
  const [head = "", priority = "13"] = text.match(PRIORITY) ?? [];
  const facility = Number(priority) >> 3;
  const severity = SEVERITIES[Number(priority) & 7];
  const rest = text.slice(head.length).replace(/[\0\r\n]{1,9}$/, "");
  const parts = rest.match(NEW);
  if (parts !== null) {
    const [time, host, app, process, id, data] = parts.slice(1, 7)
      .map((part) => part === "-" ? undefined : part);
    const message = parts[7] ?? "";
    return { facility, severity, time, host, app, process, id, data, message };
  }
  const [, time, host, app, process, message] = rest.match(OLD) ?? [];
  return { facility, severity, time, host, app, process, message };
}

/** Handles every message, whichever way it has come. */
function log(message: Uint8Array | string, client: Deno.Addr): void {
  const text = typeof message === "string"
    ? message
    : new TextDecoder().decode(message);
  console.log(JSON.stringify({ from: formatAddress(client), ...parse(text) }));
}

export function logDatagram([data]: DatagramRequest, client: Deno.Addr): void {
  log(data, client);
}

/** Finds the messages in a connection: RFC 6587. */
export class SyslogHandler extends StreamRequestHandler {
  readonly #input = new RequestReader({
    read: async (buffer) => {
      const count = await this.request.read(buffer);
      // Python ends messages with a NUL in place of a line feed.
      for (let i = 0; i < (count ?? 0); i++) buffer[i] ||= 10;
      return count;
    },
  });

  override async handle() {
    try {
      for (let text; (text = await this.#message()) !== null;) {
        if (text !== "") log(text, this.clientAddress);
      }
    } catch (error) {
      const isCutOff = error instanceof UnexpectedEof;
      if (!isCutOff && !(error instanceof LineTooLongError)) throw error;
    }
  }

  /** Reads a message, or an empty line; `null` where no more can be found. */
  async #message(): Promise<Uint8Array | string | null> {
    const { signal } = this;
    const byte = await this.#input.readExactly(1, { signal });
    const first = String.fromCharCode(...byte ?? []);
    if (first === "\n") return "";
    if (!/[1-9]/.test(first)) {
      const rest = await this.#input.readLine({ signal });
      return byte && first + (rest ?? "");
    }
    const options = { signal, required: true } as const; // within a message
    const rest = await this.#input.readUntil(" ", options);
    const length = first + new TextDecoder().decode(rest);
    if (!/^\d+ $/.test(length) || Number(length) > LONGEST) return null;
    return await this.#input.readExactly(Number(length), options);
  }
}

if (import.meta.main) {
  try {
    const signal = terminationSignal();
    const [port = "5140", path = "/tmp/syslog.sock"] = Deno.args;
    const address = { hostname: "127.0.0.1", port: Number(port) };
    await using tcp = new AsyncTCPServer(address, SyslogHandler);
    address.port = tcp.serverAddress.port;
    await using udp = new AsyncUDPServer(address, logDatagram);
    await using unix = new AsyncUnixDatagramServer({ path }, logDatagram);
    const servers = [tcp, udp, unix];
    console.log(`Listening on ${address.hostname}:${address.port}`);
    console.log(`Listening on ${path}`);
    await Promise.all(servers.map((server) => server.serveForever({ signal })));
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    console.error(error.message); // which names the port
    Deno.exitCode = 1;
  }
}
