// deno-lint-ignore-file no-console -- the port goes to standard output
// Node's own TLS server, echoing through a pipe.
import { createServer } from "node:tls";
import { cert, key } from "./certificate.mjs";

const server = createServer({ cert, key }, (socket) => {
  socket.on("error", () => socket.destroy());
  socket.pipe(socket);
});
server.on("tlsClientError", () => {});
server.listen(0, "127.0.0.1", 4096, () => {
  console.log(server.address().port);
});
