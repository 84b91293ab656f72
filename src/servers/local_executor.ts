import { runHandler } from "../handlers/run_handler.ts";
import type { RequestHandlerClass } from "../types.ts";
import { avertPanics } from "./descriptor_panics.ts";
import type { Executor } from "./executor.ts";

/** What is asked of the server; handlers are given all of it. */
interface HandlingServer {
  readonly RequestHandlerClass: RequestHandlerClass<never, never>;
}

/** Runs handlers where the server is. */
export class LocalExecutor implements Executor {
  readonly #server: HandlingServer;

  constructor(server: HandlingServer) {
    this.#server = server;
  }

  start(): Promise<void> {
    return avertPanics();
  }

  whenFree(): null {
    return null;
  }

  get waiting(): number {
    return 0;
  }

  run(request: unknown, clientAddress: Deno.Addr): Promise<void> {
    const { RequestHandlerClass } = this.#server;
    return runHandler(
      RequestHandlerClass as RequestHandlerClass<unknown>,
      request,
      clientAddress,
      this.#server,
    );
  }

  abort(): boolean {
    return false;
  }

  abortAll(): void {}

  giveUp(): void {}

  rest(): void {}

  stop(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }
}
