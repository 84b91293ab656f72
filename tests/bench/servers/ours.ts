// deno-lint-ignore-file no-console -- the port goes to standard output
/**
 * Serves with any server class and any handler:
 * `ours.ts SERVER HANDLER [OPTIONS]`.
 *
 * @module
 */
import * as socketserver from "@socketserver/socketserver";
import * as handlers from "./handlers.ts";

type ServerClass = typeof socketserver.TCPServer;
type HandlerClass = ConstructorParameters<ServerClass>[1];

const [server, handler, options = "{}"] = Deno.args as [string, string];
const Server = socketserver[server as "TCPServer"] as ServerClass;
const Handler = handlers[handler as keyof typeof handlers] as HandlerClass;

await using serving = new Server({ hostname: "127.0.0.1", port: 0 }, Handler, {
  ...JSON.parse(options),
  handlerModule: import.meta.resolve("./handlers.ts"), // for threads, children
});
console.log(serving.serverAddress.port);
await serving.serveForever();
