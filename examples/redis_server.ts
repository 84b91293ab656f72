// A small Redis: all clients share keys and values, which are kept in memory.
//
//   deno run --allow-net=127.0.0.1 examples/redis_server.ts
//
// In a second terminal: redis-cli set greeting hello ex 60
//
// A port other than 6379 can be given as the first argument; 0 takes a free one.
// It speaks RESP2, and takes lines that are typed, without quotes. A command may
// have 256 KiB, and KEYS takes a name, or how names begin and a *. How much is
// stored has no limit.

// deno-lint-ignore-file no-console -- it tells where it listens

import {
  AsyncTCPServer,
  LineTooLongError,
  RequestReader,
  StreamRequestHandler,
  terminationSignal,
  UnexpectedEof,
} from "@socketserver/socketserver";
import { Buffer } from "node:buffer";

const MOST_BYTES = 2 ** 18; // of a command, where a word counts 16 beside its own

class RedisError extends Error {}

/** What clients share. No command waits, so each has it for itself. */
class Store extends Map<string, { value: string; expiry: number }> {
  override get(key: string) {
    const entry = super.get(key);
    if (entry === undefined || entry.expiry > Date.now()) return entry;
    super.delete(key);
    return undefined;
  }
  override delete(key: string) {
    return this.get(key) !== undefined && super.delete(key);
  }
}

// A string has a character for each byte, so that all bytes come back as they are.
const toText = ({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>) =>
  Buffer.from(buffer, byteOffset, length).toString("latin1");
const bulk = (text?: string) =>
  text === undefined ? "$-1\r\n" : `$${text.length}\r\n${text}\r\n`;
const array = (texts: string[]) =>
  `*${texts.length}\r\n${texts.map(bulk).join("")}`;
const number = (value: bigint | number) => `:${value}\r\n`;
const count = (keys: string[], isMeant: (key: string) => unknown) =>
  number(keys.filter(isMeant).length);

function integer(text: string): bigint {
  const value = /^-?\d{1,19}$/.test(text) ? BigInt(text) : 2n ** 64n;
  if (value === BigInt.asIntN(64, value)) return value;
  throw new RedisError("ERR value is not an integer or out of range");
}

function set(store: Store, key: string, value: string, ...options: string[]) {
  const format =
    /^(?:([NX]X)(?: |$))?(?:([EP]X) ([1-9]\d{0,11}))?(?: ([NX]X))?$/i;
  const found = options.join(" ").match(format);
  if (found === null) throw new RedisError("ERR syntax error");
  const [, early, unit = "", time = Infinity, late] = found;
  const unwanted = store.get(key) === undefined ? "XX" : "NX";
  if ((early ?? late)?.toUpperCase() === unwanted) return bulk();
  const milliseconds = Number(time) * (/^EX/i.test(unit) ? 1000 : 1);
  store.set(key, { value, expiry: Date.now() + milliseconds });
  return "+OK\r\n";
}

type Command = (store: Store, ...words: string[]) => string;

/** Each command, with how few and how many words may follow its name. */
const COMMANDS: Record<string, [least: number, most: number, Command]> = {
  PING: [0, 1, (_, text) => text === undefined ? "+PONG\r\n" : bulk(text)],
  ECHO: [1, 1, (_, text) => bulk(text)],
  SET: [2, 5, set],
  GET: [1, 1, (store, key) => bulk(store.get(key)?.value)],
  EXISTS: [1, 1e9, (store, ...keys) => count(keys, (key) => store.get(key))],
  DEL: [1, 1e9, (store, ...keys) => count(keys, (key) => store.delete(key))],
  INCR: [1, 1, (store, key) => {
    const { value = "0", expiry = Infinity } = store.get(key) ?? {};
    const next = integer(`${integer(value) + 1n}`);
    store.set(key, { value: `${next}`, expiry });
    return number(next);
  }],
  EXPIRE: [2, 2, (store, key, seconds) => {
    const expiry = Date.now() + Number(integer(seconds)) * 1000;
    const entry = store.get(key);
    if (entry) entry.expiry = expiry;
    return number(entry ? 1 : 0);
  }],
  TTL: [1, 1, (store, key) => {
    const { expiry = -Infinity } = store.get(key) ?? {};
    const left = Math.ceil((expiry - Date.now()) / 1000);
    return number(isFinite(left) ? left : left > 0 ? -1 : -2);
  }],
  KEYS: [1, 1, (store, pattern) => {
    const start = pattern.replace(/\*$/, "");
    const isAlike = (key: string) =>
      key.startsWith(start) &&
      (key === start || pattern !== start) && store.get(key);
    return array([...store.keys()].filter(isAlike));
  }],
  INFO: [0, 1, ({ size }) => bulk(`# Keyspace\r\ndb0:keys=${size}\r\n`)],
  COMMAND: [0, 1e9, () => array([])], // which redis-cli asks for
  CONFIG: [2, 2, (_, _get, name) => array([name, ""])], // redis-benchmark, too
};

function answer(store: Store, [name = "", ...words]: string[]): string {
  const [least, most, command] = COMMANDS[name.toUpperCase()] ?? [0, 0];
  const shown = name.slice(0, 100).replace(/[^!-~]/g, "?");
  if (command === undefined) return `-ERR unknown command '${shown}'\r\n`;
  if (words.length < least || words.length > most) {
    return `-ERR wrong number of arguments for '${shown}' command\r\n`;
  }
  try {
    return command(store, ...words);
  } catch (error) {
    if (error instanceof RedisError) return `-${error.message}\r\n`;
    throw error;
  }
}

/** The length in a line such as `$5`. */
function lengthIn(line: string, kind: string, most: number): number {
  const length = /^.\d{1,9}$/.test(line) ? Number(line.slice(1)) : Infinity;
  if (length <= most) return length;
  throw new RedisError(`invalid ${kind} length`);
}

export class RedisServer extends AsyncTCPServer {
  readonly store = new Store();
}

export class RedisHandler extends StreamRequestHandler<RedisServer> {
  override wbufsize = 65_536;
  readonly #input = new RequestReader({
    read: async (buffer) => {
      await this.wfile.flush(); // all answers leave before more is waited for
      return await this.request.read(buffer);
    },
  });

  override async handle() {
    try {
      for (let words; (words = await this.#command()) !== null;) {
        if (words.length === 0) continue;
        const reply = answer(this.server.store, words);
        await this.wfile.write(Buffer.from(reply, "latin1"));
      }
    } catch (error) {
      if (error instanceof UnexpectedEof) return; // within a command
      const isTooLong = error instanceof LineTooLongError;
      if (!isTooLong && !(error instanceof RedisError)) throw error;
      const message = isTooLong ? "too big inline request" : error.message;
      await this.wfile.write(`-ERR Protocol error: ${message}\r\n`);
    }
  }

  /** Reads a command's words, of which an empty line has none. */
  async #command(): Promise<string[] | null> {
    const bytes = await this.#input.readUntil("\n", { signal: this.signal });
    if (bytes === null) return null;
    const line = toText(bytes).trimEnd();
    if (!line.startsWith("*")) return line.split(" ").filter(Boolean);
    const words: string[] = [];
    const count = lengthIn(line, "multibulk", MOST_BYTES / 16);
    let room = MOST_BYTES - count * 16;
    while (words.length < count) {
      const head = await this.#input.readLine();
      if (head === null) return null;
      if (head[0] !== "$") {
        throw new RedisError(`expected '$', got '${head.slice(0, 1)}'`);
      }
      const length = lengthIn(head, "bulk", room);
      const word = await this.#input.readExactly(length + 2);
      if (word === null) return null;
      if (word[length] !== 13) {
        throw new RedisError("expected CRLF after a word");
      }
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
