import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { type Executor, TCPServer } from "@socketserver/socketserver";
import { connectTo } from "../fixtures/clients/connect_to.ts";

// What goes on while the executor holds the server back.

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const LIMIT_MS = 30_000;

/** Takes no request until it is let go on. */
class HeldServer extends TCPServer {
  readonly #release = Promise.withResolvers<void>();
  #held = true;
  timeouts = 0;
  handled = 0;

  constructor(options: { timeout?: number } = {}) {
    super(ADDRESS, () => {
      this.handled++;
    }, options);
  }

  release(): void {
    this.#held = false;
    this.#release.resolve();
  }

  fail(error: Error): void {
    this.#release.reject(error);
  }

  protected override createExecutor(): Executor {
    const executor = super.createExecutor();
    executor.whenFree = () => this.#held ? this.#release.promise : null;
    return executor;
  }

  override handleTimeout(): void {
    this.timeouts++;
  }
}

for (const timeout of [0, 0.05]) {
  Deno.test(`TCPServer.handleRequest() gives up after ${timeout} seconds though the server is held back`, async () => {
    await using server = new HeldServer({ timeout });
    using _client = await connectTo(server);
    await deadline(server.handleRequest(), LIMIT_MS);
    assertEquals([server.timeouts, server.handled], [1, 0]);
    server.release();
    await deadline(server.handleRequest(), LIMIT_MS);
    assertEquals([server.timeouts, server.handled], [1, 1]);
  });
}

Deno.test("TCPServer.handleRequest() goes on when the server is ready again", async () => {
  await using server = new HeldServer({ timeout: 5 });
  using _client = await connectTo(server);
  const handling = server.handleRequest();
  server.release();
  await deadline(handling, LIMIT_MS);
  assertEquals([server.timeouts, server.handled], [0, 1]);
});

Deno.test("TCPServer.serverClose() ends a handleRequest() that is held back", async () => {
  const server = new HeldServer();
  const handling = server.handleRequest();
  await deadline(server.serverClose(), LIMIT_MS);
  await deadline(handling, LIMIT_MS);
  assertEquals([server.timeouts, server.handled], [0, 0]);
});

Deno.test("TCPServer.serviceActions() is called while the server is held back", async () => {
  await using server = new HeldServer();
  const called = Promise.withResolvers<void>();
  let calls = 0;
  server.serviceActions = () => {
    if (++calls === 5) called.resolve();
  };
  const serving = server.serveForever({ pollInterval: 0.001 });
  using client = await connectTo(server);
  await deadline(called.promise, LIMIT_MS);
  assertEquals(server.handled, 0);
  server.release();
  const end = client.read(new Uint8Array(1));
  assertEquals(await deadline(end, LIMIT_MS), null);
  assertEquals(server.handled, 1);
  await deadline(server.shutdown(), LIMIT_MS);
  await deadline(serving, LIMIT_MS);
});

Deno.test("TCPServer.shutdown() can be awaited by serviceActions() while the server is held back", async () => {
  await using server = new HeldServer();
  server.serviceActions = () => server.shutdown();
  const serving = server.serveForever({ pollInterval: 0.001 });
  await deadline(serving, LIMIT_MS);
});

for (const method of ["serveForever", "handleRequest"] as const) {
  Deno.test(`TCPServer.${method}() rejects with what the executor's whenFree() rejects with`, async () => {
    await using server = new HeldServer();
    const serving = server[method]();
    server.fail(new RangeError("never ready"));
    await deadline(
      assertRejects(() => serving, RangeError, "never ready"),
      LIMIT_MS,
    );
  });
}
