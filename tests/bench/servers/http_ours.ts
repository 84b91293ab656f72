// deno-lint-ignore-file no-console -- the port goes to standard output
/**
 * Serves the files of a folder by the example: `http_ours.ts 0 FOLDER`.
 *
 * @module
 */
import { AsyncTCPServer } from "@socketserver/socketserver";
import { HttpHandler } from "../../../examples/http_server.ts";

const address = { hostname: "127.0.0.1", port: 0 };
const data = await Deno.realPath(Deno.args[1]!);
await using server = new AsyncTCPServer(address, HttpHandler, { data });
console.log(server.serverAddress.port);
await server.serveForever();
