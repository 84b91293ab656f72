import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { createFarServer } from "../../src/remote/far_server.ts";

const ADDRESS = { transport: "unix", path: "socket" } as const;

/** What a handler may do to it by mistake. */
type Loose = Record<string, unknown>;

function farServer(): Loose {
  return createFarServer(
    ADDRESS,
    "data",
    () => {},
    () => AbortSignal.abort(),
  ) as unknown as Loose;
}

for (
  const [action, mistake] of [
    ["use 'server.hits'", (server: Loose) => server.hits],
    ["set 'server.hits'", (server: Loose) => server.hits = 1],
    ["set 'server.data'", (server: Loose) => server.data = 1],
    ["set 'server.shutdown'", (server: Loose) => server.shutdown = () => {}],
    ["delete 'server.data'", (server: Loose) => delete server.data],
    ["delete 'server.hits'", (server: Loose) => delete server.hits],
    [
      "set 'server.hits'",
      (server: Loose) => Object.defineProperty(server, "hits", { value: 1 }),
    ],
    [
      "set 'server.hits'",
      (server: Loose) => Object.assign(server, { hits: 1 }),
    ],
  ] as const
) {
  Deno.test(`createFarServer() refuses to ${action}: ${mistake}`, () => {
    const server = farServer();
    const { message } = assertThrows(() => mistake(server), TypeError);
    assertMatch(message, new RegExp(`^Cannot ${action} as .*data option$`));
    assertEquals(server.data, "data");
  });
}

Deno.test("createFarServer() makes what can be printed and written as JSON", async () => {
  const server = farServer();
  assertEquals(JSON.parse(JSON.stringify(server)), {
    serverAddress: ADDRESS,
    data: "data",
  });
  assertMatch(Deno.inspect(server), /serverAddress/);
  assertEquals(`${server}`, "[object Object]");
  assertEquals(await server, server);
});
