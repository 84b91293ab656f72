import { delay } from "@std/async/delay";
import { deeds, isFlood } from "../deeds.ts";
import { FAULTY_HOOKS, faultyHost } from "../faulty_hooks.ts";
import { RawSocket } from "../raw_socket.ts";
import { isUnix, type Target } from "../target.ts";
import { type Attack, fewer, patient } from "./attack.ts";

const TIMES = 4;
const HELD_MS = 100;

/** Clients need a name where datagrams are to be answered. */
async function say(
  target: Target,
  line: string,
  count: number,
  holdMs: number,
): Promise<void> {
  const sockets = Array.from(
    { length: count },
    () => RawSocket.connect(target),
  );
  for (const socket of sockets) socket.send(line);
  await delay(holdMs);
  sockets.forEach((socket, i) => i % 2 ? socket.close() : socket.reset());
}

const faults = Object.keys(deeds).filter((deed) =>
  deed !== "exit" && !isFlood(deed)
);
const floods = Object.keys(deeds).filter(isFlood);

/** What handlers and hooks do to their server. */
export const attacksByHandlers: readonly Attack[] = [
  {
    name: "handlers that fail",
    async run(target) {
      for (const deed of faults) {
        await say(target, `${deed}\n`, fewer(target, TIMES, 1), HELD_MS);
      }
    },
  },
  {
    name: "handlers that end what runs them",
    ways: ["threading", "forking"],
    takesOthersAlong: ["threading"],
    run: (target) => say(target, "exit\n", fewer(target, TIMES, 1), HELD_MS),
  },
  ...floods.map((deed): Attack => ({
    name: `a child's ${deed}`,
    ways: ["forking"],
    run: (target) => say(target, `${deed}\n`, 1, 400),
  })),
  {
    name: "hooks that fail",
    async run(target) {
      for (const hook of FAULTY_HOOKS) {
        for (let i = 0; i < fewer(target, TIMES, 1); i++) {
          const path = `${target.folder}/${hook}-${i}`;
          const name = isUnix(target) ? path : faultyHost(hook);
          using socket = RawSocket.connect(target, name);
          socket.send("echo a\n");
          await delay(10);
          if (isUnix(target)) await Deno.remove(path).catch(() => {});
        }
      }
    },
  },
  {
    name: "programs whose clients reset",
    over: "streams",
    async run(target) {
      const count = patient(target, 4);
      await say(target, "program\nto the program\n", count, 200);
    },
  },
];
