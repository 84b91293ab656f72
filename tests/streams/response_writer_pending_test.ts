import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  AsyncTCPServer,
  ResponseWriter,
  StreamRequestHandler,
} from "@socketserver/socketserver";
import { ReplyWriter } from "../../src/handlers/reply_writer.ts";
import { HeldSink } from "../fixtures/held_sink.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";
import { until } from "../fixtures/until.ts";

const LIMIT_MS = 10_000;

/** A sink that takes so many bytes when it is told to. */
class PartialSink {
  take = (_count: number) => {};
  fail = (_error: Error) => {};

  write(): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.take = resolve;
    this.fail = reject;
    return promise;
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }
}

async function turns(): Promise<void> {
  for (let i = 0; i < 10; i++) await null;
}

Deno.test("ResponseWriter.pending is what the sink has not taken of all the writes under way", async () => {
  const sink = new PartialSink();
  const wfile = new ResponseWriter(sink);
  assertEquals(wfile.pending, 0);
  const writes = [wfile.write("é234"), wfile.write(new Uint8Array(10))];
  assertEquals(wfile.pending, 15);
  for (const [taken, left] of [[2, 13], [3, 10], [9, 1], [1, 0]] as const) {
    sink.take(taken);
    await turns();
    assertEquals(wfile.pending, left);
  }
  assertEquals(await Promise.all(writes), [5, 10]);
});

Deno.test("ResponseWriter.pending counts what has been collected", async () => {
  const sink = new HeldSink();
  const wfile = new ResponseWriter(sink, { bufferSize: 10 });
  await wfile.write("12345");
  assertEquals(wfile.pending, 5);
  const flushed = wfile.flush();
  assertEquals(wfile.pending, 5);
  await wfile.write("123");
  assertEquals(wfile.pending, 8);
  await sink.take();
  await flushed;
  assertEquals(wfile.pending, 3);
  const large = wfile.write("0123456789");
  assertEquals(wfile.pending, 13);
  await sink.take();
  await sink.take();
  await large;
  assertEquals(wfile.pending, 0);
});

Deno.test("ResponseWriter.pending is 0 after a failure", async () => {
  const sink = new PartialSink();
  const wfile = new ResponseWriter(sink, { bufferSize: 4 });
  const writes = ["12345", "12345", "1"].map((text) => wfile.write(text));
  assertEquals(wfile.pending, 11);
  sink.fail(new Deno.errors.BrokenPipe());
  await assertRejects(() => writes[1]!, Deno.errors.BrokenPipe);
  assertEquals(wfile.pending, 0);
  await Promise.allSettled([...writes, wfile.write("more")]);
  assertEquals(wfile.pending, 0);
});

Deno.test("ResponseWriter.pending is 0 after a timeout", async () => {
  const wfile = new ResponseWriter(new PartialSink(), { timeout: 0.01 });
  await assertRejects(() => wfile.write("text"), Deno.errors.TimedOut);
  assertEquals(wfile.pending, 0);
});

Deno.test("ResponseWriter.pending is 0 after abort()", async () => {
  const sink = new PartialSink();
  const wfile = new ResponseWriter(sink, { bufferSize: 4 });
  const write = wfile.write("12345");
  wfile.write("1");
  const aborted = wfile.abort();
  await turns();
  assertEquals(wfile.pending, 0);
  sink.take(5);
  await write;
  await aborted;
  assertEquals(wfile.pending, 0);
});

Deno.test("ResponseWriter.pending falls to 0 while close() sends the rest", async () => {
  const sink = new PartialSink();
  const wfile = new ResponseWriter(sink, { bufferSize: 4 });
  await wfile.write("123");
  const closed = wfile.close();
  await turns();
  assertEquals(wfile.pending, 3);
  sink.take(2);
  await turns();
  assertEquals(wfile.pending, 1);
  sink.take(1);
  await closed;
  assertEquals(wfile.pending, 0);
});

Deno.test("ResponseWriter.pending does not fall below 0 for a sink that takes more than it is given", async () => {
  const sink = new PartialSink();
  const wfile = new ResponseWriter(sink);
  const writes = [wfile.write("1234"), wfile.write("12")];
  sink.take(1000);
  await turns();
  assertEquals(wfile.pending, 2);
  sink.take(1000);
  await Promise.all(writes);
  assertEquals(wfile.pending, 0);
});

Deno.test("ResponseWriter.pending grows over a socket whose client does not read, and falls when it does", async () => {
  using pair = await TcpPair.open();
  const wfile = new ResponseWriter(pair.server);
  const data = new Uint8Array(1 << 20);
  for (let i = 0; i < 64; i++) wfile.write(data);
  const { pending } = wfile;
  assertEquals(pending, 64 << 20);
  const received = (async () => {
    const buffer = new Uint8Array(1 << 20);
    for (let left = 64 << 20; left > 0;) {
      left -= (await pair.client.read(buffer))!;
    }
  })();
  await until(() => wfile.pending < pending);
  await deadline(received, LIMIT_MS);
  await wfile.flush();
  assertEquals(wfile.pending, 0);
});

Deno.test("ReplyWriter.pending is what has been collected", async () => {
  const wfile = new ReplyWriter();
  assertEquals(wfile.pending, 0);
  await wfile.write("é");
  await wfile.write(new Uint8Array(3));
  assertEquals(wfile.pending, 5);
  const reply = wfile.takeReply()!;
  assertEquals(wfile.pending, 0);
  wfile.keepReply(reply);
  assertEquals(wfile.pending, 5);
});

Deno.test("ResponseWriter.pending lets a broadcaster drop a client that never reads, and keep the others", async () => {
  const MOST_PENDING = 1 << 20;
  const readers = new Set<Reader>();
  let dropped = 0;
  class Reader extends StreamRequestHandler<Server> {
    override async handle() {
      readers.add(this);
      try {
        await this.rfile.readLine();
      } finally {
        readers.delete(this);
      }
    }
  }
  class Server extends AsyncTCPServer {
    override handleError() {
      dropped++;
    }
  }
  const address = { hostname: "127.0.0.1", port: 0 };
  await using server = new Server(address, Reader);
  const serving = server.serveForever();
  const { port } = server.serverAddress;
  using _lazy = await Deno.connect({ hostname: "127.0.0.1", port });
  await until(() => readers.size === 1);
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  await until(() => readers.size === 2);
  const news = new Uint8Array(256 << 10);
  const buffer = new Uint8Array(news.length);
  const broadcastAll = async () => {
    for (let i = 0; i < 400; i++) {
      for (const reader of readers) {
        reader.wfile.write(news);
        if (reader.wfile.pending <= MOST_PENDING) continue;
        readers.delete(reader);
        reader.server.closeRequest(reader.request);
      }
      for (let left = news.length; left > 0;) {
        left -= (await client.read(buffer.subarray(0, left)))!;
      }
    }
  };
  await deadline(broadcastAll(), LIMIT_MS);
  assertEquals(readers.size, 1);
  await until(() => dropped === 1);
  await client.write(new TextEncoder().encode("bye\n"));
  await until(() => readers.size === 0);
  await server.shutdown();
  await serving;
  assert(dropped === 1);
});
