// deno-lint-ignore-file no-console -- the port goes to standard output
/**
 * What `start_bare.ts` is, with the library. With the argument `built` it only
 * builds its server, and ends with its input.
 *
 * @module
 */
import {
  AsyncTCPServer,
  StreamRequestHandler,
} from "@socketserver/socketserver";

class LinesHandler extends StreamRequestHandler {
  override async handle() {
    for await (const line of this.rfile.lines()) {
      await this.wfile.write(line + "\n");
    }
  }
}

const address = { hostname: "127.0.0.1", port: 0 };
await using server = new AsyncTCPServer(address, LinesHandler);
const ended = Deno.args[0] === "built"
  ? Deno.stdin.read(new Uint8Array(1))
  : server.serveForever();
console.log(server.serverAddress.port); // not before it has begun to serve
await ended;
