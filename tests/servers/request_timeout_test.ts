import { assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  AsyncTCPServer,
  StreamRequestHandler,
  TCPServer,
} from "@socketserver/socketserver";
import { askLine } from "../fixtures/clients/ask_line.ts";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { StreamLineEchoHandler } from "../fixtures/handlers/line_echo_handlers.ts";
import { until } from "../fixtures/until.ts";

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const SOON = { requestTimeout: 0.01 };
const LIMIT_MS = 30_000;
const { BadResource, Interrupted, TimedOut } = Deno.errors;

const never = () => new Promise<never>(() => {});

for (const Server of [TCPServer, AsyncTCPServer]) {
  Deno.test(`${Server.name}.serverClose() does not wait for a handler that has been given up`, async () => {
    await using server = new Server(ADDRESS, never, SOON);
    const record = new ErrorRecord(server);
    const serving = server.serveForever();
    using _client = await connectTo(server);
    await record.nth(1);
    await deadline(server.serverClose(), LIMIT_MS);
    await serving;
    assertEquals(record.errors.length, 1);
    assertEquals(server.activeRequests, []);
  });

  Deno.test(`${Server.name}.serverClose() waits for the report of a request that takes too long`, async () => {
    const reported = Promise.withResolvers<void>();
    const reporting = Promise.withResolvers<void>();
    await using server = new Server(ADDRESS, never, SOON);
    server.handleError = () => {
      reporting.resolve();
      return reported.promise;
    };
    const serving = server.serveForever();
    using _client = await connectTo(server);
    await deadline(reporting.promise, LIMIT_MS);
    let isClosed = false;
    const closed = server.serverClose().then(() => isClosed = true);
    for (let i = 0; i < 5; i++) await new Promise((end) => setTimeout(end, 0));
    assertEquals(isClosed, false);
    reported.resolve();
    await deadline(closed, LIMIT_MS);
    await serving;
  });

  Deno.test(`${Server.name} reports what a handler that has been given up throws of its own, and no more than that`, async () => {
    const goOn = Promise.withResolvers<void>();
    const found: unknown[] = [];
    const mistake = new RangeError("a mistake");
    await using server = new Server(ADDRESS, async (request) => {
      const reading = request.read(new Uint8Array(1));
      await goOn.promise;
      await reading.catch((error) => found.push(error));
      await request.write(new Uint8Array(1)).catch((it) => found.push(it));
      request.close(); // it need not know
      throw mistake;
    }, SOON);
    const record = new ErrorRecord(server);
    const serving = server.serveForever();
    using client = await connectTo(server);
    assertInstanceOf(await record.nth(1), TimedOut);
    assertEquals(
      await deadline(client.read(new Uint8Array(1)), LIMIT_MS),
      null,
    );
    server.requestTimeout = null;
    goOn.resolve();
    await record.nth(2);
    assertEquals(record.errors[1], mistake);
    assertInstanceOf(found[0], Interrupted);
    assertInstanceOf(found[1], BadResource);
    await deadline(server.serverClose(), LIMIT_MS);
    await serving;
    assertEquals(record.errors.length, 2);
    assertEquals(server.stats, {
      accepted: 1,
      failed: 1,
      handled: 0,
      refused: 0,
      active: 0,
      waiting: 0,
    });
  });

  Deno.test(`${Server.name} reports once a request that takes too long while its handler reads, and has something to send`, async () => {
    class Handler extends StreamRequestHandler {
      override readonly wbufsize = 1024;
      override async handle() {
        await this.wfile.write("never sent");
        await this.rfile.readLine();
      }
    }
    await using server = new Server(ADDRESS, Handler, SOON);
    const record = new ErrorRecord(server);
    const serving = server.serveForever();
    using _client = await connectTo(server);
    await record.nth(1);
    await until(() => server.stats.failed === 1);
    await deadline(server.serverClose(), LIMIT_MS);
    await serving;
    assertEquals(record.errors.map((it) => (it as Error).name), ["TimedOut"]);
  });

  Deno.test(`${Server.name} hears a handler that answers when it is told that it has taken too long`, async () => {
    await using server = new Server(
      ADDRESS,
      async (request, _address, _server, { signal }) => {
        await new Promise((end) => signal.addEventListener("abort", end));
        await request.write(new TextEncoder().encode("too slow"));
      },
      SOON,
    );
    const record = new ErrorRecord(server);
    const serving = server.serveForever();
    for (let i = 0; i < 20; i++) {
      const client = await connectTo(server);
      const answer = await deadline(
        new Response(client.readable).text(),
        LIMIT_MS,
      );
      assertEquals(answer, "too slow");
      await record.nth(i + 1);
    }
    await deadline(server.serverClose(), LIMIT_MS);
    await serving;
    assertEquals(record.errors.length, 20);
  });

  Deno.test(`${Server.name}.requestTimeout counts for who comes after it was set`, async () => {
    await using server = new Server(ADDRESS, StreamLineEchoHandler);
    const record = new ErrorRecord(server);
    const serving = server.serveForever();
    assertEquals(await askLine(server), "hello\n");
    server.requestTimeout = 0.01;
    using _silent = await connectTo(server);
    await record.nth(1);
    server.requestTimeout = 60;
    assertEquals(await askLine(server), "hello\n");
    await deadline(server.serverClose(), LIMIT_MS);
    await serving;
    assertEquals(record.errors.length, 1);
  });
}
