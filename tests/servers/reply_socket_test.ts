import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ReplySocket } from "../../src/servers/reply_socket.ts";
import { pretendRelease } from "../fixtures/pretend_release.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { until } from "../fixtures/until.ts";

const LIMIT_MS = 30_000;
const ignore = Deno.build.os !== "linux";

const nameless = () => Deno.listenDatagram({ transport: "unixpacket" });

/** A client that has no room for any more. */
class FullClient implements Disposable {
  readonly address: Deno.UnixAddr;
  readonly #socket: Deno.DatagramConn;
  /** How many datagrams it has room for. */
  room = 0;

  private constructor(path: string) {
    this.address = { transport: "unixpacket", path };
    this.#socket = Deno.listenDatagram({ transport: "unixpacket", path });
  }

  static async at(path: string, length = 1): Promise<FullClient> {
    const client = new FullClient(path);
    const filling = new ReplySocket(nameless);
    const data = new Uint8Array(length);
    while (await filling.offer(data, client.address)) client.room++;
    filling.close();
    return client;
  }

  /** Resolves to the next datagram. */
  async read(): Promise<number[]> {
    const buffer = new Uint8Array(65_536);
    const [data] = await deadline(this.#socket.receive(buffer), LIMIT_MS);
    return [...data];
  }

  async readAll(): Promise<void> {
    for (let i = 0; i < this.room; i++) await this.read();
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

Deno.test({
  name: "offer() takes back what its receiver has no room for",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    using client = await FullClient.at(`${folder.path}/client`);
    const socket = new ReplySocket(nameless);
    assert(client.room > 1);
    for (let i = 0; i < 3; i++) {
      assertEquals(
        await socket.offer(new Uint8Array([9]), client.address),
        false,
      );
    }
    await client.readAll();
    assertEquals(await socket.offer(new Uint8Array([7]), client.address), true);
    // Nothing that was taken back comes after all.
    assertEquals(await client.read(), [7]);
    socket.close();
  },
});

Deno.test({
  name:
    "offer() leaves its socket to what another Deno may not let it take back",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    using client = await FullClient.at(`${folder.path}/client`);
    using other = await FullClient.at(`${folder.path}/other`);
    await other.readAll();
    using _release = pretendRelease("99.0.0");
    const socket = new ReplySocket(nameless);
    assertEquals(
      await socket.offer(new Uint8Array([9]), client.address),
      false,
    );
    assertEquals(await socket.offer(new Uint8Array([5]), other.address), true);
    assertEquals(await other.read(), [5]);
    await client.readAll();
    assertEquals(await client.read(), [9]);
    socket.close();
  },
});

Deno.test({
  name: "offer() sends to others while a receiver has no room",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    using other = await FullClient.at(`${folder.path}/other`);
    await other.readAll();
    const socket = new ReplySocket(nameless);
    // More of them than the system lets one socket fill.
    const full: FullClient[] = [];
    for (let i = 0; i < 40; i++) {
      const client = await FullClient.at(`${folder.path}/${i}`);
      full.push(client);
      await client.readAll();
      for (let sent = 0; sent < client.room; sent++) {
        assert(await socket.offer(new Uint8Array(1), client.address));
      }
      assertEquals(
        await socket.offer(new Uint8Array(1), client.address),
        false,
      );
    }
    assertEquals(await socket.offer(new Uint8Array([5]), other.address), true);
    assertEquals(await other.read(), [5]);
    assertEquals(socket.isStuck, false);
    for (const client of full) client[Symbol.dispose]();
    socket.close();
  },
});

Deno.test({
  name: "isStuck says that the one socket there is waits in the system",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    using one = await FullClient.at(`${folder.path}/one`, 30_000);
    await one.readAll();
    using two = await FullClient.at(`${folder.path}/two`);
    const socket = new ReplySocket(nameless, undefined, nameless());
    const large = new Uint8Array(30_000);
    assert(await socket.offer(large, one.address));
    assert(await socket.offer(large, one.address));
    assertEquals(await socket.offer(new Uint8Array([9]), two.address), false);
    assertEquals(socket.isStuck, true);
    const begin = performance.now();
    await one.read();
    await one.read();
    await until(() => !socket.isStuck);
    // It could be had stuck again and again, each time at everybody's cost.
    assert(performance.now() - begin > 900);
    await two.readAll();
    assertEquals(await socket.offer(new Uint8Array([7]), two.address), true);
    assertEquals(await two.read(), [7]);
    socket.close();
  },
});

Deno.test({
  name: "offer() leaves one empty datagram to the system for each receiver",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    using client = await FullClient.at(`${folder.path}/client`);
    const socket = new ReplySocket(nameless);
    const empty = new Uint8Array(0);
    assertEquals(await socket.offer(empty, client.address), true);
    assertEquals(await socket.offer(empty, client.address), false);
    await client.readAll();
    assertEquals(await client.read(), []);
    assertEquals(await socket.offer(new Uint8Array([7]), client.address), true);
    assertEquals(await client.read(), [7]);
    socket.close();
  },
});

Deno.test({
  name: "offer() throws what the platform does",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/nobody`;
    const socket = new ReplySocket(nameless);
    await assertRejects(
      () => socket.offer(new Uint8Array(1), { transport: "unixpacket", path }),
      Deno.errors.NotFound,
    );
    socket.close();
  },
});

Deno.test({
  name: "close() takes back an offer under way",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    using client = await FullClient.at(`${folder.path}/client`);
    const socket = new ReplySocket(nameless);
    const offered = socket.offer(new Uint8Array([9]), client.address);
    socket.close();
    assertEquals(await deadline(offered, LIMIT_MS), false);
    await client.readAll();
    const next = new ReplySocket(nameless);
    assertEquals(await next.offer(new Uint8Array([7]), client.address), true);
    assertEquals(await client.read(), [7]);
    next.close();
  },
});
