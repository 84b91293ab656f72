import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  DatagramRequestHandler,
  type DatagramSocket,
  NoReplyAddressError,
  UDPServer,
} from "@socketserver/socketserver";
import { Buffer } from "node:buffer";
import { Condition } from "../../src/streams/condition.ts";
import { originOf } from "../../src/streams/error_origin.ts";
import { encoded } from "../../src/streams/text_buffers.ts";

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

Deno.test("DatagramRequestHandler.wfile copies a Buffer of Node's", async () => {
  const before = Buffer.from("beside it");
  const data = Buffer.from(before.buffer, before.byteOffset, 4);
  await using conversation = new Conversation(async ({ wfile }) => {
    await wfile.write(data);
    await wfile.write("|more");
    data.fill(0);
  });
  await conversation.send("");
  assertEquals(await conversation.receive(), "besi|more");
  assertEquals(before.toString("latin1"), "\0\0\0\0de it");
});

Deno.test("DatagramRequestHandler.wfile joins pieces of any number and length", async () => {
  const long = "long ".repeat(400);
  await using conversation = new Conversation(async ({ wfile }) => {
    for (let i = 0; i < 2000; i++) await wfile.write(`${i} `);
    await wfile.write(encoder.encode(long));
    await wfile.write(long);
    await wfile.write("");
    await wfile.write("end");
  });
  await conversation.send("");
  const numbers = Array.from({ length: 2000 }, (_, i) => `${i} `).join("");
  assertEquals(await conversation.receive(), `${numbers}${long}${long}end`);
});

Deno.test("DatagramRequestHandler.wfile takes nothing more once it is closed", async () => {
  await using conversation = new Conversation(async ({ wfile }) => {
    await wfile.write("before");
    await wfile.close();
    await assertRejects(() => wfile.write("after"), TypeError, "is closed");
    wfile.write("ignored");
  });
  await conversation.send("");
  assertEquals(await conversation.receive(), "before");
  assertEquals(conversation.errors, []);
});

/** A client's socket that looks at what it sends late, when it is let to. */
class LateSocket {
  readonly addr = CLIENT;
  readonly sent: string[] = [];
  readonly #asked: (() => void)[] = [];
  readonly #condition = new Condition();

  send(data: Uint8Array): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#asked.push(() => {
      this.sent.push(new TextDecoder().decode(data));
      resolve(data.length);
    });
    this.#condition.notify();
    return promise;
  }

  /** Sends what it is, or will be, asked to. */
  async sendNow(): Promise<void> {
    while (this.#asked.length === 0) await this.#condition.wait();
    this.#asked.shift()!();
  }
}

const CLIENT: Deno.NetAddr = {
  transport: "udp",
  hostname: "127.0.0.1",
  port: 9,
};

Deno.test("DatagramRequestHandler.finish() keeps the replies of all clients apart", async () => {
  const sockets = Array.from({ length: 20 }, () => new LateSocket());
  for (let round = 0; round < 20; round++) {
    const runs: Promise<void>[] = [];
    for (const [i, socket] of sockets.entries()) {
      const handler = new DatagramRequestHandler(
        [encoder.encode(""), socket],
        CLIENT,
        null!,
      );
      await handler.wfile.write(
        i % 3 ? `${i} in ` : encoder.encode(`${i} in `),
      );
      await handler.wfile.write(`${round}`);
      runs.push(handler.run());
    }
    for (const parity of [1, 0]) {
      const these = sockets.filter((_, i) => i % 2 === parity);
      await Promise.all(these.map((socket) => socket.sendNow()));
      await Promise.all(runs.filter((_, i) => i % 2 === parity));
    }
  }
  for (const [i, socket] of sockets.entries()) {
    const rounds = Array.from({ length: 20 }, (_, round) => `${i} in ${round}`);
    assertEquals(socket.sent, rounds);
  }
});

Deno.test("DatagramRequestHandler.finish() does not use a buffer again that could not be sent", async () => {
  const buffers: ArrayBufferLike[] = [];
  const socket = {
    addr: CLIENT,
    send(data: Uint8Array) {
      buffers.push(data.buffer);
      return Promise.reject(new Deno.errors.ConnectionRefused("refused"));
    },
  };
  const handler = new DatagramRequestHandler(
    [encoder.encode(""), socket],
    CLIENT,
    null!,
  );
  await handler.wfile.write("lost");
  await assertRejects(() => handler.run(), Deno.errors.ConnectionRefused);
  const later = Array.from({ length: 100 }, () => encoded("later"));
  assertEquals(later.some(({ buffer }) => buffers.includes(buffer)), false);
});

/** A handler that replies to the client behind a socket. */
async function replyTo(
  socket: DatagramSocket,
  text: string,
): Promise<DatagramRequestHandler> {
  const request = [encoder.encode(""), socket] as const;
  const handler = new DatagramRequestHandler(request, CLIENT, null!);
  await handler.wfile.write(text);
  return handler;
}

Deno.test("DatagramRequestHandler.finish() called twice sends each part of the reply once, and no other client's", async () => {
  const first = new LateSocket();
  const handler = await replyTo(first, "one");
  const early = handler.finish();
  await handler.wfile.write(" and two");
  const end = handler.finish();
  await first.sendNow();
  await first.sendNow();
  await early;
  await end;
  await handler.finish();
  const others = Array.from({ length: 2 }, () => new LateSocket());
  const runs = others.map(async (socket, i) => {
    await (await replyTo(socket, `to client ${i}`)).run();
  });
  for (const socket of others) await socket.sendNow();
  await Promise.all(runs);
  assertEquals(first.sent, ["one", " and two"]);
  assertEquals(others.map(({ sent }) => sent), [["to client 0"], [
    "to client 1",
  ]]);
});

Deno.test("DatagramRequestHandler.finish() can be called again when the reply could not be sent", async () => {
  const sent: string[] = [];
  const socket = {
    addr: CLIENT,
    send(data: Uint8Array) {
      const failed = sent.push(new TextDecoder().decode(data)) === 1;
      return failed
        ? Promise.reject(new Deno.errors.ConnectionRefused("refused"))
        : Promise.resolve(data.length);
    },
  };
  const handler = await replyTo(socket, "reply");
  const failing = handler.finish();
  await handler.wfile.write(", and more");
  await assertRejects(() => failing, Deno.errors.ConnectionRefused);
  await handler.finish();
  assertEquals(sent, ["reply", "reply, and more"]);
});

Deno.test("DatagramRequestHandler.wfile writes into no other client's reply when its own has been sent", async () => {
  const first = new LateSocket();
  const second = new LateSocket();
  const handler = await replyTo(first, "one");
  const run = handler.run();
  await first.sendNow();
  await run;
  const other = (await replyTo(second, "reply for client two")).run();
  for (let i = 0; i < 3; i++) handler.wfile.write("too late");
  await second.sendNow();
  await other;
  assertEquals(second.sent, ["reply for client two"]);
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
