import type { ServerConstructor } from "@socketserver/socketserver";
import { override } from "./hook_log.ts";

/** A class that holds every request before its handler begins. */
export interface HeldRequests {
  readonly Server: ServerConstructor;
  /** Resolves when a request is held. */
  readonly held: Promise<void>;
  /** Lets all requests go. */
  release(): void;
}

/** Makes a class that holds its requests until they are released. */
export function holding(Server: ServerConstructor): HeldRequests {
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  class HoldingServer extends Server {}
  override(HoldingServer, "finishRequest", async (proceed) => {
    held.resolve();
    await released.promise;
    await proceed();
  });
  return {
    Server: HoldingServer,
    held: held.promise,
    release: released.resolve,
  };
}
