import {
  type AnyServer,
  AsyncTCPServer,
  AsyncUDPServer,
  TCPServer,
  UDPServer,
} from "@socketserver/socketserver";
import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { FirstBytesHandler } from "./fixtures/handlers/first_bytes_handler.ts";
import {
  DatagramUpperHandler,
  StreamUpperHandler,
} from "./fixtures/handlers/upper_handlers.ts";
import { needing } from "./fixtures/installed_program.ts";

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const SENT_AND_RECEIVED =
  "Sent:     hello world with Python\nReceived: HELLO WORLD WITH PYTHON\n";

for (const Server of [TCPServer, AsyncTCPServer]) {
  for (const kind of ["tcp", "tcp-create"]) {
    Deno.test(needing(["python3"], {
      name: `${Server.name} answers python3's documented client, ${kind}`,
      async fn() {
        await using server = new Server(ADDRESS, StreamUpperHandler);
        assertEquals(
          await served(server, kind, "hello world with Python"),
          SENT_AND_RECEIVED,
        );
      },
    }));
  }

  Deno.test(needing(["python3"], {
    name: `${Server.name} answers python3's documented client, threaded`,
    async fn() {
      await using server = new Server(ADDRESS, FirstBytesHandler);
      assertEquals(
        await served(server, "threaded", "Hello World"),
        [1, 2, 3].map((number) => `Received: handler: Hello World ${number}\n`)
          .join(""),
      );
    },
  }));
}

for (const Server of [UDPServer, AsyncUDPServer]) {
  Deno.test(needing(["python3"], {
    name: `${Server.name} answers python3's documented client, udp`,
    async fn() {
      await using server = new Server(ADDRESS, DatagramUpperHandler);
      assertEquals(
        await served(server, "udp", "hello world with Python"),
        SENT_AND_RECEIVED,
      );
    },
  }));
}

/** Runs a client while the server serves; resolves to what the client prints. */
async function served(
  server: AnyServer,
  kind: string,
  data: string,
): Promise<string> {
  const { hostname, port } = server.serverAddress;
  const script = new URL(
    "fixtures/clients/documented_clients.py",
    import.meta.url,
  );
  await using client = new Deno.Command("python3", {
    args: ["-", kind, hostname, `${port}`, data],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const serving = server.serveForever();
  try {
    await (await Deno.open(script)).readable.pipeTo(client.stdin);
    const { stdout } = await deadline(client.output(), 30_000);
    return new TextDecoder().decode(stdout).replaceAll("\r\n", "\n");
  } finally {
    await server.shutdown();
    await serving;
  }
}
