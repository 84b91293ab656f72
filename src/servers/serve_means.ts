import type { Executor } from "./executor.ts";
import type { IntakeMeans } from "./request_intake.ts";
import type { ServerHooks } from "./server_hooks.ts";

/** The hooks that the loop calls. */
export type ServeHooks<Request> = Pick<
  ServerHooks<Request>,
  "getRequest" | "handleTimeout" | "serviceActions"
>;

/** What else the loop needs of its server; see `TransportHooks`. */
export interface ServeMeans
  extends IntakeMeans, Pick<Executor, "start" | "whenFree" | "rest"> {
  keepAlive(program: boolean): void;
  repliesByListener(): boolean;
  /** How many requests may be handled at once. */
  maxActiveRequests(): number;
  /** Whether requests are handled beside the loop. */
  handlesBesideLoop(): boolean;
  /** How long a stopped run waits for the request in it, in seconds. */
  drainTimeout(): number | null;
}
