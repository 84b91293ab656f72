// deno-lint-ignore-file no-console -- the port goes to standard output
// Node's own server, echoing through a pipe.
import { createServer } from "node:net";

const server = createServer((socket) => {
  socket.on("error", () => socket.destroy());
  socket.pipe(socket);
});
server.listen(0, "127.0.0.1", 4096, () => {
  console.log(server.address().port);
});
