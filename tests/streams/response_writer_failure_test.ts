import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  AsyncTCPServer,
  type ByteSink,
  ResponseWriter,
  StreamRequestHandler,
} from "@socketserver/socketserver";
import { TcpPair } from "../fixtures/tcp_pair.ts";
import { UnhandledRejections } from "../fixtures/unhandled_rejections.ts";

/** Takes as much as a client ever does that never reads, and then some. */
const MORE_THAN_SYSTEMS_BUFFER = new Uint8Array(64 << 20);

function goneSink(): ByteSink {
  return {
    write: () => Promise.reject(new Deno.errors.BrokenPipe("gone")),
    closeWrite: () => Promise.reject(new Deno.errors.NotConnected()),
  };
}

for (const bufferSize of [0, 4]) {
  const name = bufferSize === 0 ? "without" : "with";

  Deno.test(`ResponseWriter.write() that nobody waits for does not end the program, ${name} a buffer`, async () => {
    using unhandled = new UnhandledRejections();
    const wfile = new ResponseWriter(goneSink(), { bufferSize });
    for (let i = 0; i < 3; i++) wfile.write("text");
    assertEquals(await unhandled.count(), 0);
  });

  Deno.test(`ResponseWriter.write() that nobody waits for does not end the program after a failure, ${name} a buffer`, async () => {
    using unhandled = new UnhandledRejections();
    const wfile = new ResponseWriter(goneSink(), { bufferSize });
    await assertRejects(async () => {
      await wfile.write("text");
      await wfile.flush();
    }, Deno.errors.BrokenPipe);
    wfile.write("text");
    assertEquals(await unhandled.count(), 0);
  });

  Deno.test(`ResponseWriter.flush() that nobody waits for does not end the program, ${name} a buffer`, async () => {
    using unhandled = new UnhandledRejections();
    const wfile = new ResponseWriter(goneSink(), { bufferSize });
    wfile.write("abc");
    wfile.flush();
    assertEquals(await unhandled.count(), 0);
  });

  Deno.test(`ResponseWriter.flush() rejects after a write that failed and that nobody waited for, ${name} a buffer`, async () => {
    const wfile = new ResponseWriter(goneSink(), { bufferSize });
    using unhandled = new UnhandledRejections();
    wfile.write("text and more");
    assertEquals(await unhandled.count(), 0);
    await assertRejects(() => wfile.flush(), Deno.errors.BrokenPipe, "gone");
  });
}

Deno.test("ResponseWriter.flush() rejects rather than drop what was collected after a failure", async () => {
  const wfile = new ResponseWriter(goneSink(), { bufferSize: 4 });
  const failed = wfile.write("text and more");
  await wfile.write("abc"); // collected before the failure is known
  await assertRejects(() => failed, Deno.errors.BrokenPipe);
  await assertRejects(() => wfile.flush(), Deno.errors.BrokenPipe);
});

Deno.test("ResponseWriter.write() rejects with the first failure ever after", async () => {
  const wfile = new ResponseWriter(goneSink());
  for (let i = 0; i < 3; i++) {
    await assertRejects(
      () => wfile.write("text"),
      Deno.errors.BrokenPipe,
      "gone",
    );
  }
});

Deno.test("ResponseWriter fails a pipe whose client has gone", async () => {
  const wfile = new ResponseWriter(goneSink());
  const text = ReadableStream.from([new Uint8Array(3)]);
  await assertRejects(() => text.pipeTo(wfile), Deno.errors.BrokenPipe);
});

Deno.test("ResponseWriter.write() rejects with TimedOut when the client does not read, and so does every later one", async () => {
  using unhandled = new UnhandledRejections();
  using pair = await TcpPair.open();
  const wfile = new ResponseWriter(pair.server, { timeout: 0.1 });
  await assertRejects(
    () => deadline(wfile.write(MORE_THAN_SYSTEMS_BUFFER), 10_000),
    Deno.errors.TimedOut,
    "Cannot write within the timeout: current value is 0.1 seconds",
  );
  await assertRejects(() => wfile.write("late"), Deno.errors.TimedOut);
  pair.server.close(); // ends the write that is still under way
  assertEquals(await unhandled.count(), 0);
});

Deno.test("ResponseWriter.write() that times out leaves the server to its other clients", async () => {
  const failed = Promise.withResolvers<unknown>();
  class ReplyHandler extends StreamRequestHandler {
    override timeout = 0.1;
    override async handle() {
      const large = await this.request.read(new Uint8Array(1)) !== null;
      await this.wfile.write(large ? MORE_THAN_SYSTEMS_BUFFER : "small");
    }
  }
  class Server extends AsyncTCPServer {
    override handleError(error: unknown) {
      failed.resolve(error);
    }
  }
  const address = { hostname: "127.0.0.1", port: 0 };
  await using server = new Server(address, ReplyHandler);
  const serving = server.serveForever();
  const { port } = server.serverAddress;
  using deaf = await Deno.connect({ hostname: "127.0.0.1", port });
  await deaf.write(new Uint8Array(1));
  const error = await deadline(failed.promise, 10_000);
  assert(error instanceof Deno.errors.TimedOut, `${error}`);
  const client = await Deno.connect({ hostname: "127.0.0.1", port });
  await client.closeWrite();
  assertEquals(await new Response(client.readable).text(), "small");
  await server.shutdown();
  await serving;
});
