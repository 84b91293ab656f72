// A small Redis: all clients share keys and values, which are kept in memory.
//
//   deno run --allow-net=127.0.0.1 examples/redis_server.ts
//
// In a second terminal: redis-cli set greeting hello ex 60
// A port other than 6379 can be given as the first argument; 0 takes a free one.
// deno-lint-ignore-file no-console -- it tells where it listens

import {
  AsyncTCPServer,
  StreamRequestHandler,
  terminationSignal,
} from "@socketserver/socketserver";
import { Buffer } from "node:buffer";

const MOST_BYTES = 2 ** 18; // of a command, where a word counts 16 beside its own
const NO_INTEGER = "-ERR value is not an integer or out of range\r\n";

/** What clients share. No command waits, so each has it for itself. */
class Store extends Map<string, { value: string; expiry: number }> {
  override get(key: string) {
    const entry = super.get(key);
    if (entry === undefined || entry.expiry > Date.now()) return entry;
    return void super.delete(key);
  }
}

// A string has a character for each byte, so that all bytes come back as they are.
const toText = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const bulk = (text?: string) =>
  text === undefined ? "$-1\r\n" : `$${text.length}\r\n${text}\r\n`;
const count = ({ length }: string[]) => `:${length}\r\n`;
const isInteger = (text: string) =>
  /^-?\d{1,19}$/.test(text) && BigInt(text) === BigInt.asIntN(64, BigInt(text));

type Command = (store: Store, ...words: string[]) => string;
/** Each command, with how few and how many words may follow its name. */
const COMMANDS: Record<string, [least: number, most: number, Command]> = {
  PING: [0, 1, (_, text) => text === undefined ? "+PONG\r\n" : bulk(text)],
  ECHO: [1, 1, (_, text) => bulk(text)],
  SET: [2, 4, (store, key, value, ...options) => {
    const found = options.join(" ").match(/^(?:([EP]X) ([1-9]\d{0,11}))?$/i);
    if (found === null) return "-ERR syntax error\r\n";
    const [, unit = "", time = Infinity] = found;
    const milliseconds = Number(time) * (/EX/i.test(unit) ? 1000 : 1);
    store.set(key, { value, expiry: Date.now() + milliseconds });
    return "+OK\r\n";
  }],
  GET: [1, 1, (store, key) => bulk(store.get(key)?.value)],
  EXISTS: [1, 1e9, (store, ...keys) => count(keys.filter(store.get, store))],
  DEL: [1, 1e9, (store, ...keys) => {
    return count(keys.filter(store.get, store).filter(store.delete, store));
  }],
  INCR: [1, 1, (store, key) => {
    const entry = store.get(key) ?? { value: "0", expiry: Infinity };
    const value = isInteger(entry.value) ? `${BigInt(entry.value) + 1n}` : "";
    if (!isInteger(value)) return NO_INTEGER;
    store.set(key, { ...entry, value });
    return `:${value}\r\n`;
  }],
  EXPIRE: [2, 2, (store, key, seconds) => {
    if (!isInteger(seconds)) return NO_INTEGER;
    const entry = store.get(key);
    if (entry) entry.expiry = Date.now() + Number(seconds) * 1000;
    return entry ? ":1\r\n" : ":0\r\n";
  }],
  TTL: [1, 1, (store, key) => {
    const left = ((store.get(key)?.expiry ?? -Infinity) - Date.now()) / 1000;
    return `:${isFinite(left) ? Math.ceil(left) : left > 0 ? -1 : -2}\r\n`;
  }],
  KEYS: [1, 1, (store, pattern) => {
    const start = pattern.replace(/\*$/, "");
    const isAlike = (key: string) =>
      pattern === start ? key === start : key.startsWith(start);
    const keys = [...store.keys()].filter(isAlike).filter(store.get, store);
    return `*${keys.length}\r\n${keys.map(bulk).join("")}`;
  }],
  INFO: [0, 1, ({ size }) => bulk(`# Keyspace\r\ndb0:keys=${size}\r\n`)],
};

function answer(store: Store, [name = "", ...words]: string[]): string {
  const [least, most, command] = COMMANDS[name.toUpperCase()] ?? [0, 0];
  const shown = name.slice(0, 100).replace(/[^!-~]/g, "?");
  if (command === undefined) return `-ERR unknown command '${shown}'\r\n`;
  return words.length >= least && words.length <= most
    ? command(store, ...words)
    : `-ERR wrong number of arguments for '${shown}' command\r\n`;
}

function lengthIn(line: string, mark: string, most: number): number {
  const length = /^.\d{1,9}$/.test(line) ? Number(line.slice(1)) : Infinity;
  if (line[0] === mark && length <= most) return length;
  throw new SyntaxError(`invalid length after ${mark}`);
}

export class RedisServer extends AsyncTCPServer {
  readonly store = new Store();
}

export class RedisHandler extends StreamRequestHandler<RedisServer> {
  override wbufsize = 65_536; // the answers to a pipeline leave together

  override async handle() {
    try {
      for (let words; (words = await this.command()) !== null;) {
        const reply = words.length > 0 ? answer(this.server.store, words) : "";
        await this.wfile.write(Buffer.from(reply, "latin1"));
      }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      await this.wfile.write(`-ERR Protocol error: ${error.message}\r\n`);
    }
  }

  /** Reads a command's words, of which an empty line has none. */
  async command(): Promise<string[] | null> {
    const bytes = await this.rfile.readUntil("\n", { signal: this.signal });
    if (bytes === null) return null;
    const line = toText(bytes).trimEnd();
    if (line[0] !== "*") return line.split(" ").filter(Boolean);
    const words: string[] = [];
    const count = lengthIn(line, "*", MOST_BYTES / 16);
    for (let room = MOST_BYTES - count * 16; words.length < count;) {
      const head = await this.rfile.readLine({ required: true });
      const length = lengthIn(head, "$", room);
      const word = await this.rfile.readExactly(length + 2, { required: true });
      if (word[length] !== 13) throw new SyntaxError("expected CRLF");
      words.push(toText(word.subarray(0, length)));
      room -= length;
    }
    return words;
  }
}

if (import.meta.main) {
  try {
    const signal = terminationSignal();
    await using server = new RedisServer(
      { hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 6379) },
      RedisHandler,
      { drainTimeout: 3 },
    );
    console.log(`Listening on 127.0.0.1:${server.serverAddress.port}`);
    await server.serveForever({ signal });
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    console.error(error.message); // which names the port
    Deno.exitCode = 1;
  }
}
