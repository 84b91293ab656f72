import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import type { GivenUp, Handshake } from "../../src/listeners/handshake.ts";
import { HandshakeListener } from "../../src/listeners/handshake_listener.ts";
import { UnhandledRejections } from "../fixtures/unhandled_rejections.ts";
import { until } from "../fixtures/until.ts";

const LIMIT_MS = 30_000;

/** Asks for one byte, and knows how many are being asked. */
class ByteHandshake implements Handshake {
  readonly limit: number | null;
  /** How many connections have been asked. */
  asked = 0;
  /** How many have said the right byte. */
  passed = 0;

  constructor(limit: number | null = null) {
    this.limit = limit;
  }

  async ask(connection: Deno.Conn): Promise<Deno.Conn | null> {
    this.asked++;
    const byte = new Uint8Array(1);
    if (await connection.read(byte) === null) return null;
    if (byte[0] === 1) {
      this.passed++;
      return connection;
    }
    throw new Deno.errors.InvalidData(`Wrong byte: ${byte[0]}`);
  }

  failure(_connection: Deno.Conn, reason: GivenUp): Error {
    return new Deno.errors.TimedOut(reason);
  }
}

/** A listener, and clients of it, which are closed at the end. */
class Port implements Disposable {
  readonly handshake: ByteHandshake;
  readonly inner = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly listener: HandshakeListener;
  readonly #open: Deno.Conn[] = [];

  constructor({ limit = null, most }: {
    limit?: number | null;
    most?: number;
  } = {}) {
    this.handshake = new ByteHandshake(limit);
    this.listener = new HandshakeListener(this.inner, this.handshake, {
      ...most !== undefined && { mostAsked: most },
    });
  }

  /** Accepts a connection, within the test's limit. */
  async accept(): Promise<Deno.Conn> {
    const connection = await deadline(this.listener.accept(), LIMIT_MS);
    this.#open.push(connection);
    return connection;
  }

  /** Connects a client, and has it say a byte, if any. */
  async connect(byte?: number): Promise<Deno.TcpConn> {
    const { port } = this.inner.addr;
    const client = await Deno.connect({ hostname: "127.0.0.1", port });
    this.#open.push(client);
    if (byte !== undefined) await client.write(Uint8Array.of(byte));
    return client;
  }

  [Symbol.dispose](): void {
    for (const resource of [this.listener, ...this.#open]) {
      try {
        resource.close();
      } catch (error) {
        if (!(error instanceof Deno.errors.BadResource)) throw error;
      }
    }
  }
}

/** Waits for the server to close a connection: by an end, or a reset. */
async function ended(client: Deno.Conn): Promise<void> {
  const read = client.read(new Uint8Array(1)).catch(() => null);
  assertEquals(await deadline(read, LIMIT_MS), null);
}

function portOf(address: Deno.Addr): number {
  return (address as Deno.NetAddr).port;
}

Deno.test("HandshakeListener.accept() gives whoever is ready first", async () => {
  using port = new Port();
  const silent = await port.connect();
  const first = await port.connect(1);
  assertEquals(
    portOf((await port.accept()).remoteAddr),
    portOf(first.localAddr),
  );
  await silent.write(Uint8Array.of(1));
  assertEquals(
    portOf((await port.accept()).remoteAddr),
    portOf(silent.localAddr),
  );
});

Deno.test("HandshakeListener.accept() leaves clients in the queue while nobody accepts", async () => {
  using port = new Port();
  const clients = [];
  for (let i = 0; i < 20; i++) clients.push(await port.connect());
  const accepting = port.accept();
  await until(() => port.handshake.asked === 20);
  await clients[0]!.write(Uint8Array.of(1));
  await accepting;
  for (let i = 0; i < 20; i++) await port.connect();
  assertEquals(port.handshake.asked, 21); // of which one was asked for already
});

Deno.test("HandshakeListener.accept() gives all that have become ready meanwhile", async () => {
  using port = new Port();
  const clients = [await port.connect(), await port.connect()];
  const accepting = port.accept();
  await until(() => port.handshake.asked === 2);
  for (const client of clients) await client.write(Uint8Array.of(1));
  const accepted = [await accepting, await port.accept()];
  assertEquals(
    new Set(accepted.map(({ remoteAddr }) => portOf(remoteAddr))),
    new Set(clients.map(({ localAddr }) => portOf(localAddr))),
  );
});

Deno.test("HandshakeListener.accept() rejects with a client's fault, and closes its connection", async () => {
  using port = new Port();
  const client = await port.connect(2);
  await assertRejects(
    () => port.accept(),
    Deno.errors.InvalidData,
    "Wrong byte: 2",
  );
  await ended(client);
});

Deno.test("HandshakeListener.accept() rejects once for all that fail while nobody accepts", async () => {
  using port = new Port();
  const clients = [];
  for (let i = 0; i < 10; i++) clients.push(await port.connect());
  const ready = port.accept();
  await until(() => port.handshake.asked === 10);
  await port.connect(1);
  await ready;
  for (const client of clients) {
    await client.write(Uint8Array.of(2));
    await ended(client);
  }
  await assertRejects(() => port.accept(), Deno.errors.InvalidData);
  const accepting = port.accept();
  await port.connect(1);
  await accepting;
});

Deno.test("HandshakeListener.accept() does not tell of a client that goes without a word", async () => {
  using port = new Port();
  const accepting = port.accept();
  for (let i = 0; i < 10; i++) (await port.connect()).close();
  const client = await port.connect(1);
  assertEquals(
    portOf((await accepting).remoteAddr),
    portOf(client.localAddr),
  );
});

Deno.test("HandshakeListener.accept() gives up a client that is late", async () => {
  using port = new Port({ limit: 50 });
  const accepting = port.accept();
  const client = await port.connect();
  await assertRejects(() => accepting, Deno.errors.TimedOut, "late");
  await ended(client);
});

Deno.test("HandshakeListener.accept() takes a place from the client that has most", async () => {
  using port = new Port({ most: 3 });
  const accepting = port.accept();
  const clients = [];
  for (let i = 0; i < 4; i++) clients.push(await port.connect());
  await assertRejects(() => accepting, Deno.errors.TimedOut, "displaced");
  await ended(clients[0]!);
  const next = port.accept();
  await clients[1]!.write(Uint8Array.of(1));
  assertEquals(
    portOf((await next).remoteAddr),
    portOf(clients[1]!.localAddr),
  );
});

Deno.test("HandshakeListener.accept() reads what has come before it takes a place", async () => {
  using port = new Port({ most: 1 });
  const clients = [];
  for (let i = 0; i < 50; i++) clients.push(await port.connect(1));
  for (const _ of clients) await port.accept();
});

Deno.test("HandshakeListener.accept() rejects while another one waits", async () => {
  using port = new Port();
  const accepting = port.accept();
  await assertRejects(() => port.listener.accept(), Deno.errors.Busy);
  await port.connect(1);
  await accepting;
});

Deno.test("HandshakeListener.accept() rejects with what the listener inside rejects with", async () => {
  using port = new Port();
  const exhausted = Object.assign(new Error("none left"), { code: "EMFILE" });
  const { accept } = port.inner;
  port.inner.accept = () => Promise.reject(exhausted);
  assertEquals(await port.accept().catch((error) => error), exhausted);
  port.inner.accept = accept;
  const accepting = port.accept();
  await port.connect(1);
  await accepting;
});

Deno.test("HandshakeListener.accept() goes on where a client was reset in the queue", async () => {
  using port = new Port();
  const { accept, addr } = port.inner;
  let failures = 3;
  port.inner.accept = () =>
    failures-- > 0
      ? Promise.reject(new Deno.errors.NotConnected())
      : accept.call(port.inner);
  assertEquals(port.listener.addr, addr);
  await port.connect(1);
  await port.accept();
});

Deno.test("HandshakeListener.close() closes what is asked, and what nobody has accepted", async () => {
  using port = new Port({ limit: 1e6 });
  const clients = [await port.connect(), await port.connect()];
  const accepting = port.accept();
  await until(() => port.handshake.asked === 2);
  await port.connect(1);
  await accepting;
  await clients[0]!.write(Uint8Array.of(1));
  await until(() => port.handshake.passed === 2); // the other one is still asked
  port.listener.close();
  for (const client of clients) await ended(client);
  await deadline(port.listener.released, LIMIT_MS);
  await assertRejects(() => port.accept(), Deno.errors.BadResource);
});

Deno.test("HandshakeListener.accept() goes on where somebody else has closed a connection", async () => {
  using port = new Port();
  using rejections = new UnhandledRejections();
  const accepted: Deno.Conn[] = [];
  const { accept } = port.inner;
  port.inner.accept = async () => {
    const connection = await accept.call(port.inner);
    accepted.push(connection);
    return connection;
  };
  const failing = port.accept();
  const client = await port.connect();
  await until(() => port.handshake.asked === 1);
  accepted[0]!.close();
  await assertRejects(() => failing); // the test's handshake has no better word
  await ended(client);
  await port.connect(1);
  await port.accept();
  await port.connect();
  await until(() => port.handshake.asked === 3);
  accepted[2]!.close();
  port.listener.close();
  assertEquals(await rejections.count(), 0);
});

Deno.test("HandshakeListener.close() has a waiting accept() reject", async () => {
  using port = new Port();
  const accepting = port.accept();
  port.listener.close();
  const error = await accepting.catch((error) => error);
  assert(
    error instanceof Deno.errors.BadResource ||
      error instanceof Deno.errors.Interrupted,
    `${error}`,
  );
});

Deno.test("HandshakeListener.released resolves when the address is free", async () => {
  using port = new Port();
  const silent = port.accept();
  await port.connect(1);
  await silent; // the listener inside still waits for the next client
  port.listener.close();
  await deadline(port.listener.released, LIMIT_MS);
  const { hostname, port: number } = port.inner.addr;
  Deno.listen({ hostname, port: number }).close();
});

Deno.test("HandshakeListener is iterable, until it is closed", async () => {
  using port = new Port();
  await port.connect(1);
  for await (const connection of port.listener) {
    connection.close();
    port.listener.close();
  }
});

Deno.test("HandshakeListener.unref() lets a program end that asks a silent client", async () => {
  const program =
    `${import.meta.dirname}/../fixtures/programs/unheld_listener.ts`;
  const { code, stdout } = await deadline(
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-net", program],
    }).output(),
    LIMIT_MS,
  );
  assertEquals(new TextDecoder().decode(stdout), "1 is asked\n2 are asked\n");
  assertEquals(code, 0);
});

Deno.test("HandshakeListener.released waits for the listener that it is around", async () => {
  using port = new Port();
  const outer = new HandshakeListener(port.listener, new ByteHandshake());
  const accepting = outer.accept();
  const first = await port.connect();
  await first.write(Uint8Array.of(1, 1)); // a byte for each
  using _accepted = await deadline(accepting, LIMIT_MS);
  await port.connect(1); // has the outer one let in nobody more
  await until(() => port.handshake.passed === 2);
  outer.close();
  await deadline(outer.released, LIMIT_MS);
  const { hostname, port: number } = port.inner.addr;
  Deno.listen({ hostname, port: number }).close();
});

/** Leaves a listener so many descriptors. */
function limitDescriptors(listener: Deno.Listener, left: number): void {
  const accept = listener.accept.bind(listener);
  listener.accept = async () => {
    if (left === 0) {
      throw Object.assign(new Error("Too many open files"), { code: "EMFILE" });
    }
    left--;
    const connection = await accept();
    const close = connection.close.bind(connection);
    connection.close = () => {
      left++;
      close();
    };
    return connection;
  };
}

Deno.test("HandshakeListener.accept() gives a silent client up for another, where no descriptor is left", async () => {
  using port = new Port();
  limitDescriptors(port.inner, 40);
  for (let i = 0; i < 40; i++) await port.connect();
  await port.connect(1);
  await assertRejects(
    () => port.accept(),
    Deno.errors.TimedOut,
    "displaced",
  );
  await port.accept();
  assertEquals(port.handshake.passed, 1);
});

Deno.test("HandshakeListener.accept() gives none of a few clients up, where no descriptor is left", async () => {
  using port = new Port();
  limitDescriptors(port.inner, 5);
  for (let i = 0; i < 6; i++) await port.connect();
  await assertRejects(() => port.accept(), Error, "Too many open files");
  assertEquals(port.handshake.asked, 5);
});

/** Keeps the event loop from going on for longer than clients may take. */
class BlockingHandshake extends ByteHandshake {
  override ask(connection: Deno.Conn): Promise<Deno.Conn | null> {
    const asked = super.ask(connection);
    for (const end = performance.now() + 40; performance.now() < end;);
    return asked;
  }
}

Deno.test("HandshakeListener.accept() reads what has come in time, if the program itself is late", async () => {
  const inner = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using client = await Deno.connect({ port: inner.addr.port });
  await client.write(Uint8Array.of(1));
  using listener = new HandshakeListener(inner, new BlockingHandshake(20));
  using accepted = await deadline(listener.accept(), LIMIT_MS);
  assertEquals(accepted.remoteAddr, client.localAddr);
});
