import { assertEquals, assertStrictEquals } from "@std/assert";
import { BaseRequestHandler } from "@socketserver/socketserver";
import { runHandler } from "../../src/handlers/run_handler.ts";

const ADDRESS: Deno.Addr = { transport: "tcp", hostname: "192.0.2.1", port: 7 };

/** A server that has one signal, and counts how often it is asked for it. */
function serverWith(signal: AbortSignal) {
  const asked: unknown[] = [];
  const requestSignal = (request: unknown) => {
    asked.push(request);
    return signal;
  };
  return { asked, requestSignal };
}

class Handler extends BaseRequestHandler {}

function signalIn(request: unknown, server: unknown): AbortSignal {
  return new Handler(request, ADDRESS, server as never).signal;
}

Deno.test("BaseRequestHandler.signal is the request's own, or else the server's, or one that is never aborted", () => {
  const [own, servers] = [
    AbortSignal.abort("own"),
    AbortSignal.abort("server"),
  ];
  assertStrictEquals(signalIn({ signal: own }, serverWith(servers)), own);
  for (const request of [{}, "text", null, { signal: "no signal" }]) {
    const server = serverWith(servers);
    assertStrictEquals(signalIn(request, server), servers);
    assertEquals(server.asked, [request]);
  }
  for (const server of [undefined, null, {}, { requestSignal: 5 }]) {
    assertEquals(signalIn({}, server).aborted, false);
  }
});

Deno.test("BaseRequestHandler.signal is asked for once, and only if it is used", () => {
  const server = serverWith(new AbortController().signal);
  const handler = new Handler({}, ADDRESS, server as never);
  assertEquals(server.asked.length, 0);
  assertStrictEquals(handler.signal, handler.signal);
  assertEquals(server.asked.length, 1);
});

Deno.test("runHandler() gives a function a signal, which nobody pays for who does not name it", async () => {
  const server = serverWith(AbortSignal.abort("told"));
  await runHandler((_request, _address, _server) => {}, {}, ADDRESS, server);
  assertEquals(server.asked.length, 0);
  let given: AbortSignal | undefined;
  const request = {};
  await runHandler(
    (_request: unknown, _address, _server, { signal }) => {
      given = signal;
    },
    request,
    ADDRESS,
    server,
  );
  assertEquals(given?.reason, "told");
  assertEquals(server.asked, [request]);
});
