import { once } from "node:events";
import { connect } from "node:tls";
import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { AsyncTCPServer, TCPServer } from "@socketserver/socketserver";
import {
  dropInput,
  dropInputIfAny,
  hasUnreadInput,
  lendRead,
  watchReads,
} from "../../src/servers/gentle_close.ts";
import type { ByteSource, StreamRequest } from "../../src/types.ts";
import { LargeReplyHandler } from "../fixtures/handlers/large_reply_handler.ts";
import { needing } from "../fixtures/installed_program.ts";
import { listenTls } from "../fixtures/listen_tls.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";
import { UnhandledRejections } from "../fixtures/unhandled_rejections.ts";

const LIMIT_MS = 20_000;

/** A client that never stops sending. */
class EndlessSource implements ByteSource {
  bytes = 0;

  read(buffer: Uint8Array): Promise<number> {
    this.bytes += buffer.length;
    return Promise.resolve(buffer.length);
  }
}

/** A pair whose server has been sent text, and Deno has learnt of it. */
async function pairWith(text: string): Promise<TcpPair> {
  const pair = await TcpPair.open();
  await pair.client.write(new TextEncoder().encode(`.${text}`));
  await pair.server.read(new Uint8Array(1));
  return pair;
}

Deno.test("hasUnreadInput() finds bytes that nobody has read", async () => {
  using pair = await pairWith("unread");
  assertEquals(await hasUnreadInput(pair.server), true);
});

Deno.test("hasUnreadInput() finds bytes behind a wrapper around a connection", async () => {
  using pair = await pairWith("unread");
  const read = async (buffer: Uint8Array) => await pair.server.read(buffer);
  assertEquals(await hasUnreadInput({ read }), true);
});

Deno.test("hasUnreadInput() finds nothing, and leaves no rejection, if nothing has come", async () => {
  using rejections = new UnhandledRejections();
  using pair = await pairWith("x");
  watchReads(pair.server);
  await pair.server.read(new Uint8Array(8));
  assertEquals(await hasUnreadInput(pair.server), false);
  pair.server.close();
  assertEquals(await rejections.count(), 0);
});

Deno.test("hasUnreadInput() finds nothing after the end, and behind another's read", async () => {
  using rejections = new UnhandledRejections();
  using ended = await pairWith("");
  ended.client.close();
  assertEquals(await hasUnreadInput(ended.server), false);
  using pair = await TcpPair.open();
  watchReads(pair.server);
  const others = pair.server.read(new Uint8Array(8));
  assertEquals(await hasUnreadInput(pair.server), false);
  await pair.client.write(new Uint8Array(3));
  assertEquals(await others, 3);
  pair.server.close();
  assertEquals(await rejections.count(), 0);
});

Deno.test("hasUnreadInput() asks for nothing after a read that has found the end, or failed", async () => {
  for (const last of [Promise.resolve(null), Promise.reject(new Error())]) {
    let reads = 0;
    const source = {
      read: (): Promise<number | null> => {
        reads++;
        return last;
      },
    };
    watchReads(source);
    await source.read().catch(() => {});
    assertEquals(await hasUnreadInput(source), false);
    assertEquals(reads, 1);
  }
});

Deno.test("hasUnreadInput() takes a read that was lent in place of its own", async () => {
  for (const found of [true, false]) {
    const source = new EndlessSource();
    lendRead(source, Promise.resolve(found));
    assertEquals(await hasUnreadInput(source), found);
    assertEquals(source.bytes, 0);
  }
  const source = new EndlessSource();
  lendRead(source, new Promise(() => {}));
  assertEquals(await hasUnreadInput(source), false);
});

Deno.test("hasUnreadInput() cannot tell at once of a connection that was never read", async () => {
  using rejections = new UnhandledRejections();
  for (const question of ["unread", ""]) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    using client = await Deno.connect({
      hostname: "127.0.0.1",
      port: listener.addr.port,
    });
    await client.write(new TextEncoder().encode(question));
    const server = await listener.accept();
    assertEquals(await hasUnreadInput(server), null);
    const dropped = dropInputIfAny(server);
    if (question === "") await deadline(dropped, 900);
    await client.closeWrite();
    await deadline(dropped, LIMIT_MS);
    assertEquals(await hasUnreadInput(server), question !== "");
    server.close();
  }
  assertEquals(await rejections.count(), 0);
});

Deno.test("dropInputIfAny() learns what has come where the event loop is held up", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using client = await Deno.connect({
    hostname: "127.0.0.1",
    port: listener.addr.port,
  });
  await client.write(new TextEncoder().encode("unread"));
  using server = await listener.accept();
  const counts: (number | null)[] = [];
  const connection: ByteSource & Pick<StreamRequest, "write"> = {
    async read(buffer) {
      const count = await server.read(buffer);
      counts.push(count);
      return count;
    },
    write: (data) => server.write(data),
  };
  assertEquals(await hasUnreadInput(connection), null);
  const dropped = dropInputIfAny(connection);
  const start = performance.now();
  while (performance.now() - start < 5); // every timer is late
  await client.closeWrite();
  await deadline(dropped, LIMIT_MS);
  assertEquals(counts, [1, 5, null]);
});

Deno.test("dropInput() takes 256 KiB and no more", async () => {
  const source = new EndlessSource();
  await deadline(dropInput(source), LIMIT_MS);
  assertEquals(source.bytes, 262_144);
});

Deno.test("dropInput() waits 1 second and no longer", async () => {
  using pair = await TcpPair.open();
  const start = performance.now();
  await deadline(dropInput(pair.server), LIMIT_MS);
  assert(performance.now() - start > 990);
});

Deno.test("dropInput() ends with the input, however it ends", async () => {
  const ends: (() => Promise<number | null>)[] = [
    () => Promise.resolve(null),
    () => Promise.resolve(0),
    () => Promise.reject(new Deno.errors.ConnectionReset("lost")),
    () => {
      throw new Deno.errors.BadResource("closed");
    },
  ];
  for (const read of ends) await deadline(dropInput({ read }), 900);
});

Deno.test("TCPServer.shutdownRequest() closes a request that cannot be read from", async () => {
  for (const read of [undefined, () => undefined, fail, failLater]) {
    let closed = 0;
    class Server extends TCPServer {
      override getRequest() {
        const request = {
          read,
          closeWrite: () => Promise.resolve(),
          close: () => closed++,
        } as unknown as StreamRequest;
        return Promise.resolve([request, this.serverAddress] as const);
      }
    }
    await using server = new Server(
      { hostname: "127.0.0.1", port: 0 },
      () => {},
    );
    await deadline(server.handleRequest(), LIMIT_MS);
    assertEquals([closed, server.activeRequests.length], [1, 0]);
  }
});

Deno.test("TCPServer.shutdownRequest() may be overridden, and calls closeRequest() once", async () => {
  const calls: string[] = [];
  class Server extends TCPServer {
    override async shutdownRequest(request: StreamRequest) {
      calls.push("begin");
      await super.shutdownRequest(request);
      calls.push("end");
    }
    override closeRequest(request: StreamRequest) {
      calls.push("close");
      super.closeRequest(request);
    }
  }
  const server = new Server(
    { hostname: "127.0.0.1", port: 0 },
    LargeReplyHandler,
  );
  const { port } = server.serverAddress;
  const client = await Deno.connect({ port });
  await client.write(new TextEncoder().encode("3\n" + "unread".repeat(1000)));
  await server.handleRequest();
  assertEquals(calls, ["begin", "end"]);
  assertEquals(await new Response(client.readable).text(), "...\n3\n");
  await server.serverClose();
  assertEquals(calls, ["begin", "end", "close"]);
});

Deno.test("TCPServer.closeRequest() that fails after input was dropped is reported", async () => {
  const reported = Promise.withResolvers<unknown>();
  class Server extends TCPServer {
    override closeRequest(): never {
      throw new RangeError("closeRequest failed");
    }
    override handleError(error: unknown) {
      reported.resolve(error);
    }
  }
  await using server = new Server(
    { hostname: "127.0.0.1", port: 0 },
    LargeReplyHandler,
  );
  const { port } = server.serverAddress;
  using client = await Deno.connect({ port });
  await client.write(new TextEncoder().encode("3\n" + "unread".repeat(1000)));
  await server.handleRequest();
  const error = await deadline(reported.promise, LIMIT_MS);
  assertEquals(`${error}`, "RangeError: closeRequest failed");
});

for (const Base of [TCPServer, AsyncTCPServer]) {
  Deno.test(needing(["openssl"], {
    name: `${Base.name}.shutdownRequest() cuts no answer over TLS`,
    fn: async () => {
      const shutDown = Promise.withResolvers<void>();
      class Server extends Base {
        override async shutdownRequest(request: StreamRequest) {
          await super.shutdownRequest(request);
          shutDown.resolve();
        }
      }
      const socket = await listenTls();
      await using server = new Server(socket.addr, LargeReplyHandler, {
        socket,
      });
      const handled = server.handleRequest();
      const { port } = server.serverAddress;
      const options = { port, host: "127.0.0.1", rejectUnauthorized: false };
      const client = connect(options);
      client.write("1000000\n");
      client.write("unread".repeat(1000));
      // It reads nothing before the server has left the connection.
      await deadline(shutDown.promise, LIMIT_MS);
      let received = 0;
      client.on("data", (bytes) => received += bytes.length);
      await deadline(once(client, "end"), LIMIT_MS);
      assertEquals(received, 1_000_000 + "\n1000000\n".length);
      client.destroy();
      await handled;
    },
  }));
}

function fail(): never {
  throw new RangeError("read failed");
}

function failLater(): Promise<never> {
  return Promise.reject(new RangeError("read failed"));
}
