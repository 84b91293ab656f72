// deno-lint-ignore-file no-console -- the port goes to standard output
// Bun's own server, echoing messages so small that a socket takes each whole.
const server = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    data(socket, data) {
      socket.write(data);
    },
  },
});
console.log(server.port);
