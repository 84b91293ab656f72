import type { Attack } from "./attack.ts";
import { attacksByConnections } from "./connections.ts";
import { attacksByDatagrams } from "./datagrams.ts";
import { attacksByHandlers } from "./handlers.ts";
import { stoppedClient } from "./stopped.ts";

/** Every kind of hostile client: to add one is to add it here. */
export const attacks: readonly Attack[] = [
  ...attacksByConnections,
  ...attacksByDatagrams,
  ...attacksByHandlers,
  stoppedClient,
];
