import { delay } from "@std/async/delay";
import { ask, line } from "../loads/echo.ts";
import { percentile } from "../loads/rate.ts";
import { Server } from "../server.ts";
import { ours } from "../sides.ts";
import { Socket } from "../socket.ts";
import { type Figure, shown } from "./figure.ts";

const CLIENTS = 2000;
/** How often the clients are looked at, in milliseconds. */
const LOOK_MS = 250;
/** Each of them sends a byte at every twelfth look. */
const LOOKS = 12;
/** How long nobody but the honest client is there, in milliseconds. */
const QUIET_MS = 5000;
const WARM_UP_MS = 1000;
const LIMIT_MS = 60_000;
const A_BYTE = new TextEncoder().encode("a");
const MESSAGE = line(16);

/**
 * When clients are gone that never finish their line, and how long an honest one
 * waits for its answer meanwhile, on a new connection each time.
 */
export async function slowLoris(
  handler: string,
  options: object,
  settings = shown(options),
): Promise<Figure> {
  const { args } = ours("AsyncTCPServer", handler, options);
  await using server = await Server.start([Deno.execPath(), ...args], "null");
  await honest(server.port, WARM_UP_MS);
  const quiet = await honest(server.port, QUIET_MS);

  const start = performance.now();
  const all = Array.from(
    { length: CLIENTS },
    () => new Socket("tcp", server.port),
  );
  let left = all;
  let looks = 0;
  const beside = await honest(server.port, LIMIT_MS, (now) => {
    if (now < start + looks * LOOK_MS) return false;
    for (let i = looks++ % LOOKS; i < CLIENTS; i += LOOKS) {
      all[i]!.sendSome(A_BYTE);
    }
    left = left.filter((socket) => !socket.isEnded);
    return left.length === 0;
  });
  const gone = (performance.now() - start) / 1000;
  for (const socket of all) socket.close();

  const waits = `${beside.toFixed(2)} ms, alone ${quiet.toFixed(2)} ms`;
  const ratio = (beside / quiet).toFixed(1);
  const trickle = LOOK_MS * LOOKS / 1000;
  return {
    what: `${CLIENTS} clients that send a byte every ${trickle} s`,
    settings,
    seen: `${left.length} left after ${gone.toFixed(1)} s; ` +
      `an honest client's p99 ${waits}: ${ratio} times`,
    wanted: "none left; < 3 times",
  };
}

/** Asks until something is so; resolves to the p99 of the waits. */
async function honest(
  port: number,
  mostMs: number,
  isOver: (now: number) => boolean = () => false,
): Promise<number> {
  const waits: number[] = [];
  const end = performance.now() + mostMs;
  for (let now = 0; now < end && !isOver(now);) {
    now = performance.now();
    const socket = new Socket("tcp", port);
    ask(socket, MESSAGE);
    socket.close();
    waits.push(performance.now() - now);
    await delay(1);
  }
  return percentile(waits, 0.99);
}
