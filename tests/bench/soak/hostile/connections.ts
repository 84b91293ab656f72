import { delay } from "@std/async/delay";
import { RawSocket } from "../raw_socket.ts";
import { isUnix, type Target } from "../target.ts";
import { type Attack, fewer, patient } from "./attack.ts";

/** How many connections come at once. */
const CROWD = 50;
const HELD_MS = 300;

/** Sends a line on each of many connections, and ends them a little later. */
async function visit(
  target: Target,
  count: number,
  said: (number: number) => string | Uint8Array<ArrayBuffer>,
  end: (socket: RawSocket, number: number) => void,
  holdMs = 0,
): Promise<void> {
  const sockets = Array.from({ length: count }, (_, number) => {
    const socket = RawSocket.connect(target);
    const text = said(number);
    if (text.length > 0) socket.send(text);
    return socket;
  });
  await delay(holdMs);
  sockets.forEach(end);
}

const reset = (socket: RawSocket) => socket.reset();
const close = (socket: RawSocket) => socket.close();

/** Bytes without a meaning; not of too many kinds, which would take long. */
function garbage(length: number): Uint8Array<ArrayBuffer> {
  const some = crypto.getRandomValues(new Uint8Array(1024));
  return new Uint8Array(length).map((_, i) => some[i % 1024]! ^ (i >> 10));
}

/** A line that is too long for any handler. */
function endless(length: number): Uint8Array<ArrayBuffer> {
  return garbage(length).map((byte) => byte === 10 ? 11 : byte);
}

/** What connections do to a server. */
export const attacksByConnections: readonly Attack[] = [
  {
    name: "connects and resets",
    over: "streams",
    async run(target) {
      const said = ["", "echo a part", "echo whole\n", "large 100000\n"];
      for (let done = 0; done < fewer(target, 600, 12);) {
        const count = Math.min(CROWD, fewer(target, 600, 12));
        await visit(target, count, (i) => said[i % 4]!, reset);
        done += count;
      }
    },
  },
  {
    name: "connects and closes",
    over: "streams",
    run: (target) =>
      visit(
        target,
        fewer(target, 200, 4),
        (i) => i % 2 ? "" : "echo a\n",
        close,
      ),
  },
  {
    name: "garbage",
    over: "streams",
    run: (target) =>
      visit(
        target,
        fewer(target, 40, 2),
        (i) => i % 2 ? garbage(100_000) : endless(100_000),
        (socket, i) => i % 3 ? socket.close() : socket.reset(),
        50,
      ),
  },
  {
    name: "half-open clients",
    over: "streams",
    async run(target) {
      const count = patient(target, 8);
      await visit(
        target,
        count,
        (i) => i % 2 ? "" : "echo hal",
        close,
        HELD_MS,
      );
    },
  },
  {
    name: "clients that read nothing",
    over: "streams",
    run: (target) =>
      visit(
        target,
        patient(target, 6),
        () => "large 5000000\n",
        (socket, i) => i % 2 ? socket.reset() : socket.close(),
        HELD_MS,
      ),
  },
  {
    name: "unread input",
    over: "streams",
    run: (target) =>
      visit(
        target,
        patient(target, 8),
        () => `unread\n${"x".repeat(60_000)}`,
        (socket, i) => i % 2 ? socket.reset() : socket.close(),
        HELD_MS,
      ),
  },
  {
    name: "a crowd that takes all descriptors",
    over: "streams",
    run(target) {
      // Over Unix each of them costs a child: they can't be seen to have gone.
      const costly = target.way === "forking" && isUnix(target);
      const count = costly ? 10 : target.descriptors + 20;
      return visit(target, count, () => "", reset, HELD_MS);
    },
  },
  {
    name: "resets while waiting for a child",
    over: "streams",
    ways: ["forking"],
    async run(target) {
      const busy = visit(target, 8, () => "slow\n", close, HELD_MS);
      const count = isUnix(target) ? 4 : 30;
      await visit(target, count, () => "echo whole\n", reset, HELD_MS);
      await busy;
    },
  },
  {
    name: "names that are no text",
    over: "unix",
    async run(target) {
      for (let i = 0; i < 20; i++) {
        const name = new Uint8Array([0, 0xff, 0xfe, ...garbage(8)]);
        using socket = RawSocket.connect(target, name);
        socket.send("echo a\n");
        await delay(1);
      }
    },
  },
];
