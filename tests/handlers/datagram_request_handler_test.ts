import { assertEquals, assertRejects } from "@std/assert";
import {
  DatagramRequestHandler,
  type DatagramSocket,
  NoReplyAddressError,
} from "@socketserver/socketserver";
import { exchangeDatagram } from "@socketserver/socketserver/testing";
import { Buffer } from "node:buffer";
import { Condition } from "../../src/streams/condition.ts";
import { originOf } from "../../src/streams/error_origin.ts";
import { encoded } from "../../src/streams/text_buffers.ts";

const encoder = new TextEncoder();

/** Gives a datagram to a handler that does something; gives its replies. */
async function repliesTo(
  text: string,
  handle: (handler: DatagramRequestHandler) => unknown,
): Promise<string[]> {
  class Handler extends DatagramRequestHandler {
    override async handle() {
      await handle(this);
    }
  }
  const replies = await exchangeDatagram(Handler, text);
  return replies.map(({ data }) => data);
}

Deno.test("DatagramRequestHandler.rfile holds the datagram", async () => {
  const replies = await repliesTo("head\nbody", async (handler) => {
    await handler.wfile.write(`${await handler.rfile.readLine()}|`);
    await handler.wfile.write(await handler.rfile.read() ?? "");
    await handler.wfile.write(`|${await handler.rfile.read()}`);
  });
  assertEquals(replies, ["head|body|null"]);
});

Deno.test("DatagramRequestHandler.rfile leaves the request's bytes as they are", async () => {
  const replies = await repliesTo(
    "still here",
    async ({ request: [data], rfile, wfile }) => {
      await new Response(rfile).text();
      await wfile.write(data);
    },
  );
  assertEquals(replies, ["still here"]);
});

Deno.test("DatagramRequestHandler.wfile sends several writes as one datagram", async () => {
  const replies = await repliesTo("", ({ wfile }) => {
    wfile.write("one, ");
    wfile.write(encoder.encode("two, "));
    wfile.write("three");
  });
  assertEquals(replies, ["one, two, three"]);
});

Deno.test("DatagramRequestHandler.wfile takes a pipe", async () => {
  const replies = await repliesTo(
    "through a pipe",
    ({ rfile, wfile }) => rfile.pipeTo(wfile),
  );
  assertEquals(replies, ["through a pipe"]);
});

Deno.test("DatagramRequestHandler.wfile copies what is written", async () => {
  const replies = await repliesTo("", async ({ wfile }) => {
    const data = encoder.encode("kept");
    await wfile.write(data);
    data.fill(0);
  });
  assertEquals(replies, ["kept"]);
});

Deno.test("DatagramRequestHandler.wfile copies a Buffer of Node's", async () => {
  const before = Buffer.from("beside it");
  const data = Buffer.from(before.buffer, before.byteOffset, 4);
  const replies = await repliesTo("", async ({ wfile }) => {
    await wfile.write(data);
    await wfile.write("|more");
    data.fill(0);
  });
  assertEquals(replies, ["besi|more"]);
  assertEquals(before.toString("latin1"), "\0\0\0\0de it");
});

Deno.test("DatagramRequestHandler.wfile joins pieces of any number and length", async () => {
  const long = "long ".repeat(400);
  const replies = await repliesTo("", async ({ wfile }) => {
    for (let i = 0; i < 2000; i++) await wfile.write(`${i} `);
    await wfile.write(encoder.encode(long));
    await wfile.write(long);
    await wfile.write("");
    await wfile.write("end");
  });
  const numbers = Array.from({ length: 2000 }, (_, i) => `${i} `).join("");
  assertEquals(replies, [`${numbers}${long}${long}end`]);
});

Deno.test("DatagramRequestHandler.wfile takes nothing more once it is closed", async () => {
  const replies = await repliesTo("", async ({ wfile }) => {
    await wfile.write("before");
    await wfile.close();
    await assertRejects(() => wfile.write("after"), TypeError, "is closed");
    wfile.write("ignored");
  });
  assertEquals(replies, ["before"]);
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
    assertEquals(await repliesTo("quiet", handle), []);
  });
}

Deno.test("DatagramRequestHandler.finish() sends the reply although handle threw", async () => {
  class Handler extends DatagramRequestHandler {
    override async handle() {
      await this.wfile.write("so far");
      throw new Error("failed");
    }
  }
  const sent: string[] = [];
  const send = (data: Uint8Array) =>
    Promise.resolve(sent.push(new TextDecoder().decode(data)));
  await assertRejects(
    () => exchangeDatagram(Handler, "", { socket: { send } }),
    Error,
    "failed",
  );
  assertEquals(sent, ["so far"]);
});

Deno.test("DatagramRequestHandler.request sends further replies, and empty ones", async () => {
  const replies = await repliesTo("", async (handler) => {
    const [, socket] = handler.request;
    await handler.wfile.write("from wfile");
    await socket.send(encoder.encode("direct"), handler.clientAddress);
    await socket.send(new Uint8Array(0), handler.clientAddress);
  });
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
