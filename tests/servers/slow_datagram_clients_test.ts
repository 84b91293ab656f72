import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import type { ReplySocket } from "../../src/servers/reply_socket.ts";
import { SlowClients } from "../../src/servers/slow_clients.ts";

const LIMIT_MS = 30_000;
const ADDRESS: Deno.UnixAddr = { transport: "unixpacket", path: "/client" };
/** More than pass between an offer and the end of what it was made for. */
const MOST_MICROTASKS = 30;

/** What has been sent when replies are added at a moment of another's offer. */
async function sentWith(microtasks: number): Promise<number[]> {
  const sent: number[] = [];
  const socket: Pick<ReplySocket, "offer" | "rest"> = {
    offer(data) {
      sent.push(data[0]!);
      return Promise.resolve(true);
    },
    rest() {},
  };
  const clients = new SlowClients(() => socket as ReplySocket);
  clients.add(new Uint8Array([1]), ADDRESS);
  for (let i = 0; i < microtasks; i++) await null;
  for (let i = 2; i <= 4; i++) clients.add(new Uint8Array([i]), ADDRESS);
  await deadline(clients.close(LIMIT_MS), LIMIT_MS);
  return sent;
}

Deno.test("add() has each reply sent once, whenever it comes", async () => {
  for (let microtasks = 0; microtasks < MOST_MICROTASKS; microtasks++) {
    assertEquals(await sentWith(microtasks), [1, 2, 3, 4]);
  }
});

Deno.test("new SlowClients() is told of the moment when nobody is waited for", async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = { offer: () => promise, rest() {} };
  let idle = 0;
  const clients = new SlowClients(
    () => socket as unknown as ReplySocket,
    () => idle++,
  );
  clients.add(new Uint8Array(1), ADDRESS);
  clients.add(new Uint8Array(1), { ...ADDRESS, path: "/other" });
  assertEquals(idle, 0);
  resolve(true);
  await deadline(clients.close(LIMIT_MS), LIMIT_MS);
  assertEquals(idle, 1);
});
