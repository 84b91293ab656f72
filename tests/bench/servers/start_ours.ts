// deno-lint-ignore-file no-console -- the port goes to standard output
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
const serving = server.serveForever();
console.log(server.serverAddress.port);
await serving;
