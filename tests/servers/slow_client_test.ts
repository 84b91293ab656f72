import { assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  AsyncTCPServer,
  StreamRequestHandler,
  TCPServer,
} from "@socketserver/socketserver";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { ConsoleErrors } from "../fixtures/console_errors.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const OPTIONS = { drainTimeout: 60 };
const LIMIT_MS = 30_000;

class ImpatientReader extends StreamRequestHandler {
  override timeout = 0.05;

  override async handle() {
    await this.wfile.write(`${await this.rfile.readLine()}\n`);
  }
}

/** Writes more than the system buffers for a client that does not read. */
class ImpatientWriter extends StreamRequestHandler {
  override timeout = 0.05;

  override async handle() {
    for (;;) await this.wfile.write(new Uint8Array(1_048_576));
  }
}

for (const Server of [TCPServer, AsyncTCPServer]) {
  Deno.test(`${Server.name} reports a client that sends nothing, and closes`, async () => {
    await using server = new Server(ADDRESS, ImpatientReader, OPTIONS);
    const record = new ErrorRecord(server);
    const serving = server.serveForever();
    using client = await connectTo(server);
    assertInstanceOf(await record.nth(1), Deno.errors.TimedOut);
    const end = client.read(new Uint8Array(1));
    assertEquals(await deadline(end, LIMIT_MS), null);
    await deadline(server.serverClose(), LIMIT_MS);
    await serving;
    assertEquals(server.activeRequests, []);
    assertEquals(record.errors.length, 1);
  });

  Deno.test(`${Server.name} reports a client that stops in the middle of a line, and closes`, async () => {
    await using server = new Server(ADDRESS, ImpatientReader, OPTIONS);
    const record = new ErrorRecord(server);
    const serving = server.serveForever();
    using client = await connectTo(server);
    await client.write(new TextEncoder().encode("no line fe"));
    assertInstanceOf(await record.nth(1), Deno.errors.TimedOut);
    const end = client.read(new Uint8Array(1));
    assertEquals(await deadline(end, LIMIT_MS), null);
    await server.shutdown();
    await serving;
  });

  Deno.test(`${Server.name} reports a client that does not read, and closes`, async () => {
    await using server = new Server(ADDRESS, ImpatientWriter, OPTIONS);
    const record = new ErrorRecord(server);
    const closed = Promise.withResolvers<void>();
    server.closeRequest = (request) => {
      request.close();
      closed.resolve();
    };
    const serving = server.serveForever();
    using _client = await connectTo(server);
    assertInstanceOf(await record.nth(1), Deno.errors.TimedOut);
    await deadline(closed.promise, LIMIT_MS);
    await deadline(server.shutdown(), LIMIT_MS);
    await serving;
  });

  Deno.test(`${Server.name} serves the client behind one that sends nothing`, async () => {
    await using server = new Server(ADDRESS, ImpatientReader, OPTIONS);
    const record = new ErrorRecord(server);
    using _idle = await connectTo(server);
    using client = await connectTo(server);
    // Before it is served, as its handler is as impatient.
    await client.write(new TextEncoder().encode("served\n"));
    const serving = server.serveForever();
    await record.nth(1);
    const answer = new Response(client.readable).text();
    assertEquals(await deadline(answer, LIMIT_MS), "served\n");
    await server.shutdown();
    await serving;
  });
}

Deno.test("AsyncTCPServer serves a client while another one sends nothing", async () => {
  class PatientReader extends ImpatientReader {
    override timeout = 30;
  }
  await using server = new AsyncTCPServer(ADDRESS, PatientReader, OPTIONS);
  const record = new ErrorRecord(server);
  const serving = server.serveForever();
  using idle = await connectTo(server);
  using client = await connectTo(server);
  await client.write(new TextEncoder().encode("served\n"));
  const answer = new Response(client.readable).text();
  assertEquals(await deadline(answer, LIMIT_MS), "served\n");
  await idle.closeWrite();
  const end = new Response(idle.readable).text();
  assertEquals(await deadline(end, LIMIT_MS), "null\n");
  await deadline(server.serverClose(), LIMIT_MS);
  await serving;
  assertEquals(record.errors, []);
});

Deno.test("TCPServer.handleError() prints one line for a client that is too slow", async () => {
  await using server = new TCPServer(ADDRESS, ImpatientReader, OPTIONS);
  using printed = new ConsoleErrors();
  const handled = server.handleRequest();
  using _client = await connectTo(server);
  await deadline(handled, LIMIT_MS);
  assertEquals(printed.texts.length, 1);
  assertEquals(printed.texts[0]!.split("\n").length, 1, printed.texts[0]);
});
