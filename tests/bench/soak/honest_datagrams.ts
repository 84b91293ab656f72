import { deadline } from "@std/async/deadline";
import type { Tally } from "./tally.ts";
import { isUnix, type Target } from "./target.ts";

/**
 * Over UDP the system may drop a datagram: then there is no answer. A child may
 * take long to come.
 */
const UDP_PATIENCE_MS = 2000;
const LIMIT_MS = 30_000;
/** More than the ten answers that Linux keeps for a Unix client. */
const BURST = { forking: 12, else: 30 };
const ASKED_ONE_BY_ONE = 8;

let sockets = 0;
let questions = 0;

/** Asks a few things one by one, and then some at once before it reads. */
export async function visitByDatagrams(
  target: Target,
  tally: Tally,
): Promise<void> {
  const path = `${target.folder}/honest-${Deno.pid}-${++sockets}`;
  const socket = isUnix(target)
    ? Deno.listenDatagram({ transport: "unixpacket", path })
    : Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const exchange = new Exchange(socket, target);
  try {
    for (let i = 0; i < ASKED_ONE_BY_ONE; i++) {
      const text = `${++questions}`;
      const ask = async () => {
        await exchange.send(text);
        return await exchange.receive();
      };
      if (!await tally.ask(ask, text)) return;
    }
    const texts = Array.from({
      length: BURST[target.way === "forking" ? target.way : "else"],
    }, () => `${++questions}`);
    for (const text of texts) await exchange.send(text);
    const expected = new Set(texts);
    for (const _ of texts) {
      const receive = async () => {
        const text = await exchange.receive();
        return expected.delete(text) ? "expected" : text;
      };
      if (!await tally.ask(receive, "expected")) return;
    }
  } catch (error) {
    tally.lose(`sending: ${error}`);
  } finally {
    socket.close();
    if (isUnix(target)) await Deno.remove(path);
  }
}

/** Sends questions and receives answers. */
class Exchange {
  readonly #socket: Deno.DatagramConn;
  readonly #to: Deno.Addr;
  readonly #patience: number;

  constructor(socket: Deno.DatagramConn, target: Target) {
    this.#socket = socket;
    const { address } = target;
    this.#to = typeof address === "string"
      ? { transport: "unixpacket", path: address }
      : { transport: "udp", hostname: "127.0.0.1", port: address };
    const mayDrop = !isUnix(target) && target.way !== "forking";
    this.#patience = mayDrop ? UDP_PATIENCE_MS : LIMIT_MS;
  }

  async send(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(`echo ${text}\n`);
    await deadline(this.#socket.send(bytes, this.#to), LIMIT_MS);
  }

  /** The next answer. */
  async receive(): Promise<string> {
    const receiving = this.#socket.receive();
    receiving.catch(() => {}); // the socket is closed if the time is up
    const [bytes] = await deadline(receiving, this.#patience);
    return new TextDecoder().decode(bytes).trimEnd();
  }
}
