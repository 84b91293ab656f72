import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import type { ReplySocket } from "../../src/servers/reply_socket.ts";
import { SlowClients } from "../../src/servers/slow_clients.ts";

const LIMIT_MS = 30_000;
const ADDRESS: Deno.UnixAddr = { transport: "unixpacket", path: "/client" };

Deno.test("add() has each reply offered once, whenever the next one comes", async () => {
  // One of these moments is between the last reply and the end of its offers.
  for (let microtasks = 0; microtasks < 20; microtasks++) {
    const taken: number[] = [];
    const socket = {
      offer: (data: Uint8Array) => Promise.resolve(taken.push(data[0]!) > 0),
      rest() {},
    } as unknown as ReplySocket;
    const clients = new SlowClients(() => socket);
    for (let i = 0; i < 3; i++) {
      clients.add(new Uint8Array([i]), ADDRESS);
      for (let j = 0; j < microtasks; j++) await null;
    }
    await deadline(clients.close(LIMIT_MS), LIMIT_MS);
    assertEquals(taken, [0, 1, 2], `${microtasks} microtasks between them`);
    assertEquals(clients.has(ADDRESS.path), false);
  }
});
