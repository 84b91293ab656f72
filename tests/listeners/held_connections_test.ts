import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import type { Handshake } from "../../src/listeners/handshake.ts";
import { HandshakeListener } from "../../src/listeners/handshake_listener.ts";
import { HeldConnections } from "../../src/listeners/held_connections.ts";
import type { ReleasedListener } from "../../src/listeners/released_listener.ts";
import { socketsAsked } from "../../src/streams/sockets_asked.ts";

const LIMIT_MS = 30_000;
/** How many are held at most. */
const MOST = 16_384;

function connection(): Deno.Conn {
  const remoteAddr = { transport: "tcp", hostname: "192.0.2.1", port: 7 };
  return { remoteAddr, close() {}, ref() {}, unref() {} } as Deno.Conn;
}

Deno.test("HeldConnections.room() waits for the end of one where there are as many as may be", async () => {
  const held = new HeldConnections(() => () => {});
  const first = connection();
  held.add(first);
  for (let i = 2; i < MOST; i++) held.add(connection());
  await deadline(held.room(), LIMIT_MS);
  held.add(connection());
  let hasRoom = false;
  const room = held.room().then(() => hasRoom = true);
  await socketsAsked();
  assertEquals(hasRoom, false);
  held.end(first);
  await deadline(room, LIMIT_MS);
});

/** Ends only when the test has it end. */
class SilentHandshake implements Handshake {
  readonly limit = 1;
  readonly asked: PromiseWithResolvers<null>[] = [];

  ask(): Promise<null> {
    const answer = Promise.withResolvers<null>();
    this.asked.push(answer);
    return answer.promise;
  }

  failure(): Error {
    return new Deno.errors.TimedOut("late");
  }
}

Deno.test("HandshakeListener.accept() lets nobody in while as many are held as may be", async () => {
  const further = Promise.withResolvers<Deno.Conn>();
  let calls = 0;
  let held = 0;
  const inner = {
    accept() {
      calls++;
      if (calls <= MOST) return Promise.resolve(connection());
      if (calls === MOST + 1) return further.promise; // there was room when it was called
      return Promise.reject(new Error("let in again"));
    },
    close() {},
  } as unknown as ReleasedListener;
  const handshake = new SilentHandshake();
  using listener = new HandshakeListener(inner, handshake, {
    mostAsked: Infinity,
    countHeld: () => {
      held++;
      return () => held--;
    },
  });
  const failure = async () => {
    const accepting = deadline(listener.accept(), LIMIT_MS);
    return (await assertRejects(() => accepting, Error)).message;
  };
  while (held < MOST) assertEquals(await failure(), "late");
  further.resolve(connection());
  while (held <= MOST) assertEquals(await failure(), "late");
  await socketsAsked();
  assertEquals(calls, MOST + 1);
  for (const answer of handshake.asked.slice(0, 2)) answer.resolve(null);
  while (await failure() === "late");
  assertEquals(held, MOST - 1);
});
