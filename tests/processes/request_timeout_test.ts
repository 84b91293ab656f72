import {
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
} from "@std/assert";
import {
  ChildProcessError,
  type StreamRequest,
} from "@socketserver/socketserver";
import { LineClient } from "../fixtures/clients/line_client.ts";
import { SignalledHandler } from "../fixtures/handlers/signalled_handlers.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { MisbehavingHandler } from "../fixtures/handlers/misbehaving_handler.ts";
import { until } from "../fixtures/until.ts";

for (const deed of ["loop", "wait"]) {
  Deno.test(`ForkingTCPServer.requestTimeout ends a request that would ${deed} for ever`, async () => {
    await using session = new ForkingSession(MisbehavingHandler, {
      maxChildren: 1,
      requestTimeout: 0.3,
    });
    await using client = new Dialogue(await session.connect());
    await client.send(deed);
    await client.ended();
    const error = await session.record.nth(1);
    assertInstanceOf(error, Deno.errors.TimedOut);
    assertEquals(
      error.message,
      "Cannot handle the request within the requestTimeout: current value is 0.3 seconds",
    );
    // The only child there may be has made room for another.
    session.server.requestTimeout = null;
    assertEquals((await session.ask("pid\n")).endsWith("\n"), true);
    await session.close();
    assertEquals(session.record.errors.length, 1);
  });
}

Deno.test("ForkingTCPServer.requestTimeout ends the requests that share a child with one that does not end", async () => {
  await using session = new ForkingSession(SignalledHandler, {
    maxChildren: 1,
    requestsPerChild: 2,
    maxRequestsPerChild: 2,
  });
  const { server, record } = session;
  using neighbour = await LineClient.connect(server, "answer");
  assertEquals(await neighbour.line(), "ready");
  server.requestTimeout = 0.7;
  using ignoring = await LineClient.connect(server, "ignore");
  assertEquals(await ignoring.line(), "ready");
  assertEquals(await ignoring.line(), "heard");
  await ignoring.ended();
  await neighbour.ended();
  await record.nth(2);
  const [timedOut, ended] = record.errors;
  assertInstanceOf(timedOut, Deno.errors.TimedOut);
  assertInstanceOf(ended, ChildProcessError);
  assertStrictEquals(ended.cause, timedOut);
  server.requestTimeout = null;
  using later = await LineClient.connect(server, "answer");
  assertEquals(await later.line(), "ready");
  assertEquals(await later.ask("question"), "answered, undefined");
  assertEquals(record.errors.length, 2);
});

Deno.test("ForkingTCPServer.requestTimeout reports each request of a shared child once, whatever its own limit was", async () => {
  await using session = new ForkingSession(SignalledHandler, {
    maxChildren: 1,
    requestsPerChild: 2,
    maxRequestsPerChild: 3,
  });
  const { server, record } = session;
  using first = await LineClient.connect(server, "warm up");
  await first.ended();
  server.requestTimeout = 1;
  using one = await LineClient.connect(server, "ignore");
  assertEquals(await one.line(), "ready");
  // It is late, too, when the other one's time ends their child.
  server.requestTimeout = 1.05;
  using other = await LineClient.connect(server, "ignore");
  await one.ended();
  await other.ended();
  await until(() => server.stats.active === 0);
  await session.close();
  const addresses = record.reports.map(({ clientAddress }) => clientAddress);
  assertEquals(new Set(addresses).size, 2);
  assertEquals(addresses.length, 2, Deno.inspect(record.errors));
});

Deno.test("ForkingTCPServer.requestTimeout ends a request that finishRequest() has passed on in a wrapper", async () => {
  await using session = new ForkingSession(MisbehavingHandler, {
    maxChildren: 1,
    requestTimeout: 0.3,
  });
  const { server } = session;
  const finishRequest = server.finishRequest.bind(server);
  server.finishRequest = (request, address) => {
    const wrapper: StreamRequest = {
      localAddr: request.localAddr,
      remoteAddr: request.remoteAddr,
      read: (buffer) => request.read(buffer),
      write: (data) => request.write(data),
      closeWrite: () => request.closeWrite(),
      close: () => request.close(),
    };
    return finishRequest(wrapper, address);
  };
  await using client = new Dialogue(await session.connect());
  await client.send("loop");
  await client.ended();
  assertInstanceOf(await session.record.nth(1), Deno.errors.TimedOut);
  server.requestTimeout = null;
  assertEquals((await session.ask("pid\n")).endsWith("\n"), true);
  await session.close();
  assertEquals(session.record.errors.length, 1);
});
