// deno-lint-ignore-file no-console -- the port goes to standard output
// Node's own server, of the files of a folder: `node_http.mjs 0 FOLDER`.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import process from "node:process";

const folder = process.argv[3];

const server = createServer(async (request, response) => {
  const path = folder + new URL(request.url, "http://localhost").pathname;
  const { size } = await stat(path);
  response.setHeader("Content-Type", "text/plain");
  response.setHeader("Content-Length", size);
  createReadStream(path).pipe(response);
});
server.listen(0, "127.0.0.1", 4096, () => {
  console.log(server.address().port);
});
