import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  DatagramRequestHandler,
  NoReplyAddressError,
  UDPServer,
} from "@socketserver/socketserver";
import { originOf } from "../../src/streams/error_origin.ts";

const encoder = new TextEncoder();

/** A client, and a server whose handler the test chooses, over UDP. */
class Conversation implements AsyncDisposable {
  readonly errors: unknown[] = [];
  readonly #client = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  readonly #server: UDPServer;

  constructor(handle: (handler: DatagramRequestHandler) => unknown) {
    const { errors } = this;
    class Handler extends DatagramRequestHandler {
      override async handle() {
        await handle(this);
      }
    }
    class Server extends UDPServer {
      override handleError(error: unknown) {
        errors.push(error);
      }
    }
    this.#server = new Server({ hostname: "127.0.0.1", port: 0 }, Handler);
  }

  /** Sends a datagram and waits until it has been handled. */
  async send(text: string): Promise<void> {
    await this.#client.send(encoder.encode(text), this.#server.serverAddress);
    await deadline(this.#server.handleRequest(), 10_000);
  }

  /** Waits for the next datagram from the server. */
  async receive(): Promise<string> {
    const [data] = await deadline(this.#client.receive(), 10_000);
    return new TextDecoder().decode(data);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    await this.#server.serverClose();
  }
}

Deno.test("DatagramRequestHandler.rfile holds the datagram", async () => {
  await using conversation = new Conversation(async (handler) => {
    await handler.wfile.write(`${await handler.rfile.readLine()}|`);
    await handler.wfile.write(await handler.rfile.read() ?? "");
    await handler.wfile.write(`|${await handler.rfile.read()}`);
  });
  await conversation.send("head\nbody");
  assertEquals(await conversation.receive(), "head|body|null");
});

Deno.test("DatagramRequestHandler.rfile leaves the request's bytes as they are", async () => {
  await using conversation = new Conversation(
    async ({ request: [data], rfile, wfile }) => {
      await new Response(rfile).text();
      await wfile.write(data);
    },
  );
  await conversation.send("still here");
  assertEquals(await conversation.receive(), "still here");
});

Deno.test("DatagramRequestHandler.wfile sends several writes as one datagram", async () => {
  await using conversation = new Conversation(({ wfile }) => {
    wfile.write("one, ");
    wfile.write(encoder.encode("two, "));
    wfile.write("three");
  });
  await conversation.send("");
  assertEquals(await conversation.receive(), "one, two, three");
});

Deno.test("DatagramRequestHandler.wfile takes a pipe", async () => {
  await using conversation = new Conversation(
    ({ rfile, wfile }) => rfile.pipeTo(wfile),
  );
  await conversation.send("through a pipe");
  assertEquals(await conversation.receive(), "through a pipe");
});

Deno.test("DatagramRequestHandler.wfile copies what is written", async () => {
  await using conversation = new Conversation(async ({ wfile }) => {
    const data = encoder.encode("kept");
    await wfile.write(data);
    data.fill(0);
  });
  await conversation.send("");
  assertEquals(await conversation.receive(), "kept");
});

for (
  const [what, handle] of Object.entries({
    "nothing was written": () => {},
    "wfile was not written to": ({ wfile }: DatagramRequestHandler) => wfile,
    "an empty string was written": ({ wfile }: DatagramRequestHandler) =>
      wfile.write(""),
  })
) {
  Deno.test(`DatagramRequestHandler.finish() sends nothing if ${what}`, async () => {
    await using conversation = new Conversation(async (handler) => {
      const text = await handler.rfile.readLine();
      if (text === "reply") await handler.wfile.write("the only reply");
      else await handle(handler);
    });
    await conversation.send("quiet");
    await conversation.send("reply");
    assertEquals(await conversation.receive(), "the only reply");
  });
}

Deno.test("DatagramRequestHandler.finish() sends the reply although handle threw", async () => {
  await using conversation = new Conversation(async ({ wfile }) => {
    await wfile.write("so far");
    throw new Error("failed");
  });
  await conversation.send("");
  assertEquals(await conversation.receive(), "so far");
  assertEquals(conversation.errors.map(String), ["Error: failed"]);
});

Deno.test("DatagramRequestHandler.request sends further replies, and empty ones", async () => {
  await using conversation = new Conversation(async (handler) => {
    const [, socket] = handler.request;
    await handler.wfile.write("from wfile");
    await socket.send(encoder.encode("direct"), handler.clientAddress);
    await socket.send(new Uint8Array(0), handler.clientAddress);
  });
  await conversation.send("");
  const replies = [];
  for (let i = 0; i < 3; i++) replies.push(await conversation.receive());
  assertEquals(replies, ["direct", "", "from wfile"]);
});

for (
  const [what, address] of Object.entries({
    // What a Unix datagram server gives for a client that is not bound.
    "whose path is null": { transport: "unixpacket", path: null },
    "whose path is empty": { transport: "unixpacket", path: "" },
    "whose port is 0": { transport: "udp", hostname: "127.0.0.1", port: 0 },
  })
) {
  Deno.test(`DatagramRequestHandler.finish() rejects if there is a reply to a client ${what}`, async () => {
    const client = address as Deno.Addr;
    const socket = {
      addr: client,
      send: () => Promise.reject(new Error("sent to nobody")),
    };
    const handler = new DatagramRequestHandler(
      [encoder.encode("hello"), socket],
      client,
      null!,
    );
    await handler.wfile.write("reply");
    const value = "port" in address ? 0 : null;
    const error = await assertRejects(
      () => handler.run(),
      NoReplyAddressError,
      `Cannot reply to the datagram as its sender must be bound to an address: current value is ${value}`,
    );
    assertEquals(originOf(error), socket);
  });
}
