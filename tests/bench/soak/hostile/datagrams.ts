import { delay } from "@std/async/delay";
import { RawSocket } from "../raw_socket.ts";
import type { Target } from "../target.ts";
import { type Attack, fewer } from "./attack.ts";

const HELD_MS = 1000;
let names = 0;

/** A path for a client's socket, which is removed in the end. */
async function withPath(
  target: Target,
  use: (path: string) => void | Promise<void>,
): Promise<void> {
  const path = `${target.folder}/hostile-${Deno.pid}-${++names}`;
  try {
    await use(path);
  } finally {
    await Deno.remove(path).catch(() => {});
  }
}

/** Sends datagrams and reads no answer. */
function deaf(
  target: Target,
  make: (path: string) => RawSocket,
  datagram = "echo and no one listens\n",
  count = fewer(target, 40, 12),
): Promise<void> {
  return withPath(target, async (path) => {
    using socket = make(path);
    for (let i = 0; i < count; i++) {
      socket.send(datagram);
      await delay(1);
    }
    await delay(HELD_MS);
  });
}

/** What datagrams do to a server. */
export const attacksByDatagrams: readonly Attack[] = [
  {
    name: "a flood of datagrams",
    over: "datagrams",
    async run(target) {
      using socket = RawSocket.connect(target);
      const sizes = [0, 1, 10, 1000, 30_000];
      for (let i = 0; i < fewer(target, 3000, 15); i++) {
        const garbage = new Uint8Array(sizes[i % sizes.length]!);
        socket.send(i % 2 ? "echo flood\n" : crypto.getRandomValues(garbage));
        if (i % 50 === 0) await delay(0);
      }
    },
  },
  {
    name: "deaf connected clients",
    over: "unix datagrams",
    run: (target) => deaf(target, (path) => RawSocket.connect(target, path)),
  },
  {
    name: "deaf clients that are not connected",
    over: "unix datagrams",
    run: (target) => deaf(target, (path) => new RawSocket(target, path)),
  },
  {
    name: "deaf clients with many answers",
    over: "datagrams",
    run: (target) =>
      deaf(
        target,
        (path) =>
          RawSocket.connect(
            target,
            typeof target.address === "string" ? path : undefined,
          ),
        "many 30\n",
        fewer(target, 10, 2),
      ),
  },
  {
    name: "clients that have gone before the answer",
    over: "datagrams",
    async run(target) {
      for (let i = 0; i < fewer(target, 50, 3); i++) {
        await withPath(target, (path) => {
          const unix = typeof target.address === "string";
          using socket = RawSocket.connect(target, unix ? path : undefined);
          socket.send("echo into the void\n");
        });
      }
    },
  },
];
