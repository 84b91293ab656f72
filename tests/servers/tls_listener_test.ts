import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { TCPServer } from "@socketserver/socketserver";
import { needing } from "../fixtures/installed_program.ts";

const LIMIT_MS = 30_000;

/** Makes a certificate, and a TLS listener with it. */
async function listenTls(): Promise<Deno.TlsListener> {
  const cwd = await Deno.makeTempDir();
  try {
    const args = "req -x509 -newkey rsa:2048 -nodes -days 7 -subj /CN=localhost"
      .concat(" -keyout key.pem -out cert.pem").split(" ");
    const made = await new Deno.Command("openssl", { args, cwd }).output();
    assert(made.success);
    return Deno.listenTls({
      hostname: "127.0.0.1",
      port: 0,
      cert: await Deno.readTextFile(`${cwd}/cert.pem`),
      key: await Deno.readTextFile(`${cwd}/key.pem`),
    });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

Deno.test(needing(["openssl"], {
  name:
    "TCPServer.handleRequest() returns though a TLS client never shakes hands",
  fn: async () => {
    const socket = await listenTls();
    const server = new TCPServer(socket.addr, () => {}, { socket });
    const { port } = server.serverAddress;
    const silent = await Deno.connect({ hostname: "127.0.0.1", port });
    try {
      await deadline(server.handleRequest(), LIMIT_MS);
      assertEquals(server.activeRequests, []);
    } finally {
      silent.close();
      await server.serverClose();
    }
  },
}));
