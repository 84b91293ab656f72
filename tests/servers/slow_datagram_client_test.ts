import { assert, assertEquals, assertThrows } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { until } from "../fixtures/until.ts";
import { SlowClient } from "../../src/servers/slow_client.ts";

const LIMIT_MS = 30_000;
const ADDRESS: Deno.UnixAddr = { transport: "unixpacket", path: "/client" };

Deno.test("serve() offers what waits, in order, until it is taken", async () => {
  const taken: number[] = [];
  let offers = 0;
  const client = new SlowClient(ADDRESS, (data) => {
    if (offers++ % 3 !== 2) return Promise.resolve(false);
    taken.push(data[0]!);
    return Promise.resolve(true);
  });
  for (let i = 0; i < 5; i++) client.add(new Uint8Array([i]));
  await deadline(client.serve(), LIMIT_MS);
  assertEquals(taken, [0, 1, 2, 3, 4]);
  assertEquals(client.isAwaited, false);
});

Deno.test("serve() goes on after a reply that cannot be sent", async () => {
  const taken: number[] = [];
  const client = new SlowClient(ADDRESS, (data) => {
    if (data[0] === 0) return Promise.reject(new Error("too long"));
    taken.push(data[0]!);
    return Promise.resolve(true);
  });
  for (let i = 0; i < 2; i++) client.add(new Uint8Array([i]));
  await deadline(client.serve(), LIMIT_MS);
  assertEquals(taken, [1]);
});

Deno.test("add() says when a client has taken nothing for too long", async () => {
  const client = new SlowClient(ADDRESS, () => Promise.resolve(false));
  client.add(new Uint8Array(1));
  client.hurry(0);
  await deadline(client.serve(), LIMIT_MS);
  assertEquals(client.isDeaf, true);
  client.add(new Uint8Array(1));
  assertThrows(
    () => client.add(new Uint8Array(1)),
    Deno.errors.TimedOut,
    "Cannot send a datagram as its receiver must take one within 30 seconds: current value is none",
  );
});

Deno.test("isSlow is true of a client for a second after it had no room", async () => {
  const client = new SlowClient(ADDRESS, () => Promise.resolve(true));
  client.add(new Uint8Array(1));
  const begin = performance.now();
  await deadline(client.serve(), LIMIT_MS);
  assertEquals(client.isAwaited, false);
  await until(() => !client.isSlow);
  assert(performance.now() - begin > 900);
});

Deno.test("isSlow is no more true of a client that has gone", async () => {
  const client = new SlowClient(
    ADDRESS,
    () => Promise.reject(new Deno.errors.ConnectionRefused()),
  );
  client.add(new Uint8Array(1));
  assertEquals(client.isSlow, true);
  await deadline(client.serve(), LIMIT_MS);
  assertEquals(client.isSlow, false);
});

Deno.test("isDeaf is no more true of a client that has gone", async () => {
  let hasGone = false;
  const client = new SlowClient(
    ADDRESS,
    () =>
      hasGone
        ? Promise.reject(new Deno.errors.ConnectionRefused())
        : Promise.resolve(false),
  );
  client.add(new Uint8Array(1));
  client.hurry(0);
  await deadline(client.serve(), LIMIT_MS);
  assertEquals(client.isDeaf, true);
  hasGone = true;
  client.hurry(LIMIT_MS);
  client.add(new Uint8Array(1));
  await deadline(client.serve(), LIMIT_MS);
  assertEquals(client.isDeaf, false);
});

Deno.test("add() has no more wait than a bound for each client, and for all", async () => {
  const inAll = { bytes: 0 };
  const offer = () => Promise.resolve(true);
  const client = new SlowClient(ADDRESS, offer, inAll);
  client.add(new Uint8Array(2 ** 20));
  assertThrows(
    () => client.add(new Uint8Array(1)),
    Deno.errors.WouldBlock,
    "Cannot send a datagram as at most 1048576 bytes may wait for their receiver: current value is 1048577",
  );
  assertEquals(inAll.bytes, 2 ** 20);
  inAll.bytes = 2 ** 24;
  assertThrows(
    () => new SlowClient(ADDRESS, offer, inAll).add(new Uint8Array(1)),
    Deno.errors.WouldBlock,
    "Cannot send a datagram as at most 16777216 bytes may wait for all receivers: current value is 16777217",
  );
  await deadline(client.serve(), LIMIT_MS);
  assertEquals(inAll.bytes, 2 ** 24 - 2 ** 20);
});
