import type { Server } from "../server.ts";
import type { Sample } from "../trial.ts";

/** What it took a server, that was started this moment, to listen. */
export function start(server: Server): Sample {
  return {
    time: server.startTime,
    cpu: server.processorTime(),
    memory: server.memory(),
  };
}
