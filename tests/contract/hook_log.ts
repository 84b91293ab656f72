import type { AnyServer, ServerConstructor } from "@socketserver/socketserver";

/** The hooks that a request passes through. */
export const REQUEST_HOOKS = [
  "getRequest",
  "verifyRequest",
  "processRequest",
  "finishRequest",
  "shutdownRequest",
  "closeRequest",
  "handleError",
] as const;

/** The name of a hook that a request passes through. */
export type RequestHook = typeof REQUEST_HOOKS[number];

/** Makes a class that writes each call of a hook into `log`. */
export function logging(
  Server: ServerConstructor,
  log: string[],
): ServerConstructor {
  class LoggingServer extends Server {}
  for (
    const hook of [
      ...REQUEST_HOOKS,
      "handleRefusal",
      "serverBind",
      "serverActivate",
      "serviceActions",
      "handleTimeout",
    ] as const
  ) {
    override(LoggingServer, hook, (proceed) => {
      log.push(hook);
      return proceed();
    });
  }
  return LoggingServer;
}

/** Overrides a hook of a class by its name. */
export function override(
  Server: ServerConstructor,
  hook: keyof AnyServer,
  body: (proceed: () => unknown) => unknown,
): void {
  const inherited = Server.prototype[hook];
  Server.prototype[hook] = function (this: AnyServer, ...args: unknown[]) {
    return body(() => inherited.apply(this, args));
  };
}
