import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { retry } from "@std/async/retry";
import {
  ChildProcessError,
  ForkingTCPServer,
  TCPServer,
} from "@socketserver/socketserver";
import { bindAgain } from "../fixtures/bind_again.ts";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { ForkingProcess } from "../fixtures/forking_process.ts";
import { MisbehavingHandler } from "../fixtures/handlers/misbehaving_handler.ts";
import { overrideExecutor } from "../fixtures/override_executor.ts";
import { ownAddress } from "../fixtures/own_address.ts";

const LIMIT_MS = 30_000;

/** A server with one request whose handler does what it was told. */
async function busyServer(
  options: {
    blockOnClose?: boolean;
    drainTimeout?: number;
  },
  deed: string,
  Server = ForkingTCPServer,
) {
  const server = new Server(ownAddress(), MisbehavingHandler, {
    minSpareChildren: 0,
    ...options,
  });
  const record = new ErrorRecord(server);
  const serving = server.serveForever();
  const client = new Dialogue(await connectTo(server));
  await client.send(deed);
  await client.receive();
  return { server, record, serving, client };
}

Deno.test("ForkingTCPServer.serverClose() waits for a child that handles a request", async () => {
  const { server, record, serving, client } = await busyServer({}, "wait");
  let closed = false;
  const closing = server.serverClose().then(() => {
    closed = true;
  });
  await deadline(serving, LIMIT_MS);
  assert(!closed);
  await client.send("go on");
  assertEquals(await client.receive(), "served");
  await deadline(closing, LIMIT_MS);
  await client[Symbol.asyncDispose]();
  assertEquals(record.errors, []);
});

Deno.test({
  name:
    "ForkingTCPServer.serverClose() doesn't wait without blockOnClose, and the child finishes",
  ignore: Deno.build.os === "windows", // which has no signal to tell it
  async fn() {
    await using server = ForkingProcess.serving(MisbehavingHandler, {
      blockOnClose: false,
    });
    await using client = new Dialogue(await server.connect());
    await client.send("wait");
    await client.receive();
    server.kill("SIGTERM");
    assertEquals(await server.line(), "closing");
    assertEquals(await server.line(), "closed");
    await client.send("go on");
    assertEquals(await client.receive(), "served");
    assertEquals((await server.ended()).code, 0);
  },
});

/** The error of a child that would do something for ever. */
async function closingError(deed: string): Promise<unknown> {
  const { server, record, serving, client } = await busyServer(
    { drainTimeout: 0.1 },
    deed,
  );
  await deadline(server.serverClose(), LIMIT_MS);
  await deadline(serving, LIMIT_MS);
  await client.ended();
  await client[Symbol.asyncDispose]();
  const error = await record.nth(1);
  assertEquals(server.activeChildren.size, 0);
  return error;
}

Deno.test("ForkingTCPServer.serverClose() kills a child that loops, after drainTimeout", async () => {
  assertInstanceOf(await closingError("loop"), ChildProcessError);
});

Deno.test("ForkingTCPServer.serverClose() interrupts a handler that waits, after drainTimeout", async () => {
  // On a busy machine it may be too late, and is ended then.
  await retry(async () => {
    assertInstanceOf(await closingError("wait"), Deno.errors.Interrupted);
  }, { minTimeout: 1 });
});

function idleServer(Server = ForkingTCPServer): ForkingTCPServer {
  return new Server(
    { hostname: "127.0.0.1", port: 0 },
    MisbehavingHandler,
    { drainTimeout: 5 },
  );
}

Deno.test("ForkingTCPServer.serverClose() ends a server that never served", async () => {
  const server = idleServer();
  await deadline(server.serverClose(), LIMIT_MS);
});

Deno.test("ForkingTCPServer.serverClose() may be called before the first child starts", async () => {
  const server = idleServer();
  const serving = server.serveForever();
  await deadline(server.serverClose(), LIMIT_MS);
  await deadline(serving, LIMIT_MS);
});

Deno.test("ForkingTCPServer.serverClose() may be called while the first child starts", async () => {
  const Server = overrideExecutor(
    ForkingTCPServer,
    "start",
    (proceed, server) => {
      const started = proceed();
      server.serverClose();
      return started;
    },
  );
  const server = idleServer(Server);
  await deadline(server.serveForever(), LIMIT_MS);
  await deadline(server.serverClose(), LIMIT_MS);
});

Deno.test("ForkingTCPServer.serverClose() releases the address, whatever its children do", async () => {
  const released = Promise.withResolvers<void>();
  const Server = overrideExecutor(ForkingTCPServer, "close", (proceed) => {
    released.resolve(proceed());
    return released.promise;
  });
  const { server, record, client } = await busyServer(
    { blockOnClose: false },
    "wait",
    Server,
  );
  await deadline(server.serverClose(), LIMIT_MS);
  await using _next = await bindAgain(() =>
    new TCPServer(server.serverAddress, () => {})
  );
  await client.send("go on");
  assertEquals(await client.receive(), "served");
  await client[Symbol.asyncDispose]();
  await deadline(released.promise, LIMIT_MS);
  assertEquals(record.errors, []);
});

Deno.test("ForkingTCPServer starts no child after serverClose()", async () => {
  const begun = Promise.withResolvers<void>();
  const late = Promise.withResolvers<void>();
  const prepared = Promise.withResolvers<void>();
  const Server = overrideExecutor(
    ForkingTCPServer,
    "start",
    async (proceed) => {
      begun.resolve();
      await late.promise;
      prepared.resolve(proceed());
    },
  );
  const server = idleServer(Server);
  const serving = server.serveForever();
  await deadline(begun.promise, LIMIT_MS);
  await deadline(server.serverClose(), LIMIT_MS);
  await deadline(serving, LIMIT_MS);
  late.resolve();
  await deadline(prepared.promise, LIMIT_MS).catch(() => {}); // as it likes
});
