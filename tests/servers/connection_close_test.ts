import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  allowClosingAgain,
  closeConnection,
  isClosedByServer,
} from "../../src/servers/connection_close.ts";
import { MemoryConnection } from "../fixtures/memory_connection.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";

Deno.test("allowClosingAgain() lets a connection be closed twice, and by anybody", async () => {
  for (const first of ["close", "dispose", "server"]) {
    using pair = await TcpPair.open();
    const { server } = pair;
    allowClosingAgain(server);
    if (first === "close") server.close();
    if (first === "dispose") server[Symbol.dispose]();
    if (first === "server") closeConnection(server);
    server.close();
    closeConnection(server);
    server.close();
    assertEquals(await pair.client.read(new Uint8Array(1)), null);
  }
});

Deno.test("allowClosingAgain() leaves alone what brings its own close()", () => {
  const close = () => {};
  const connection = Object.assign(new MemoryConnection([]), { close });
  allowClosingAgain(connection);
  closeConnection(connection);
  assertStrictEquals(connection.close, close);
});

Deno.test("isClosedByServer() is false of what the handler has closed", async () => {
  using pair = await TcpPair.open();
  const { server } = pair;
  allowClosingAgain(server);
  assertEquals(isClosedByServer(server), false);
  server.close();
  assertEquals(isClosedByServer(server), false);
  closeConnection(server);
  assertEquals(isClosedByServer(server), true);
  for (const other of [null, undefined, 5, {}, "close"]) {
    assertEquals(isClosedByServer(other), false);
  }
});
