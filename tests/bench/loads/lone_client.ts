import { ask, line } from "./echo.ts";
import { percentile } from "./rate.ts";
import { Socket } from "../socket.ts";
import type { Sample } from "../trial.ts";
import type { Server } from "../server.ts";
import { delay } from "@std/async/delay";

const CLIENTS = 3;
/** Long enough for a server to be ready for the next client, if it wants to. */
const PAUSE_MS = 150;

/** From connecting to the answer, for clients who come one after another. */
export async function loneClient({ port }: Server): Promise<Sample> {
  const message = line(16);
  const times: number[] = [];
  while (times.length < CLIENTS) {
    await delay(PAUSE_MS);
    const start = performance.now();
    const socket = new Socket("tcp", port);
    ask(socket, message);
    times.push(performance.now() - start);
    socket.close();
  }
  return { time: percentile(times, 0.5) };
}
