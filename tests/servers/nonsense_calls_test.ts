import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  ForkingTCPServer,
  type StreamRequest,
  TCPServer,
} from "@socketserver/socketserver";
import { askLine } from "../fixtures/clients/ask_line.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { assertRejectsFor, nonsense } from "../fixtures/nonsense.ts";

// Methods and setters refuse nonsense, or tell handleError() of it.

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const LIMIT_MS = 30_000;

Deno.test("ForkingTCPServer.collectChildren() rejects nonsense", async () => {
  await using server = new ForkingTCPServer(ADDRESS, function handle() {});
  for (const [kind, value] of Object.entries(nonsense)) {
    if (typeof value !== "boolean") {
      const blocking = value as boolean;
      await assertRejectsFor(value, () => server.collectChildren({ blocking }));
    }
    if (kind === "null" || kind === "{}") continue; // which stand for none
    const options = value as { blocking: boolean };
    await assertRejectsFor(value, () => server.collectChildren(options));
  }
});

Deno.test("BaseServer.detachRequest() tells handleError() of work that is nonsense, and closes the request", async () => {
  let work: unknown;
  class DetachingServer extends TCPServer {
    override processRequest(request: StreamRequest, address: Deno.Addr): void {
      this.detachRequest(request, address, work as () => void);
    }
  }
  await using server = new DetachingServer(ADDRESS, () => {});
  const record = new ErrorRecord(server);
  const kinds = Object.entries(nonsense)
    .filter(([kind]) => kind !== "a function");
  for (const [kind, value] of kinds) {
    work = value;
    const answer = askLine(server);
    await server.handleRequest();
    assertEquals(await deadline(answer, LIMIT_MS), "", kind);
  }
  assertEquals(record.errors.length, kinds.length);
});

Deno.test("TCPServer.socket cannot be set to nonsense", async () => {
  await using server = new TCPServer(ADDRESS, () => {});
  const { socket } = server;
  for (const [, value] of Object.entries(nonsense)) {
    await assertRejectsFor(value, async () => {
      await null;
      server.socket = value as Deno.Listener;
    });
  }
  assertEquals(server.socket, socket);
});
