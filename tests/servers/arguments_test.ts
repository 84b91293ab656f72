import { assertEquals, assertThrows } from "@std/assert";
import {
  AsyncMixIn,
  ForkingMixIn,
  type ServerConstructor,
  TCPServer,
  ThreadingMixIn,
} from "@socketserver/socketserver";
import { serverClasses } from "../contract/server_classes.ts";
import { bindAgain } from "../fixtures/bind_again.ts";
import { assertRefused, nonsense } from "../fixtures/nonsense.ts";
import { ownAddress } from "../fixtures/own_address.ts";
import { serverArguments } from "../fixtures/server_arguments.ts";

// Every argument of every server is given nonsense of every kind. It is refused
// before anything is bound, unless the table says that it has a meaning.

/** Counts how often its servers are bound, and binds none. */
function counting(
  Base: ServerConstructor,
): { Server: ServerConstructor; bound: () => number } {
  let bound = 0;
  class CountingServer extends Base {
    override serverBind(): void {
      bound++;
    }
  }
  return { Server: CountingServer, bound: () => bound };
}

for (const serverClass of Object.values(serverClasses).flat()) {
  const { mixIn, addressFamily } = serverClass;
  const address = addressFamily === "AF_UNIX"
    ? { path: "/nowhere" }
    : { hostname: "127.0.0.1", port: 0 };
  for (const { name, isOf, taken, place } of serverArguments) {
    if (!isOf(serverClass)) continue;

    const test = (title: string, make: () => ReturnType<typeof counting>) =>
      Deno.test(`new ${title} refuses nonsense for ${name}, and binds nothing`, () => {
        for (const [kind, value] of Object.entries(nonsense)) {
          const { Server, bound } = make();
          const attempt = () => new Server(...place(value, address));
          if (taken.includes(kind)) {
            attempt();
            continue;
          }
          assertRefused(assertThrows(attempt, Error, "", kind), value);
          assertEquals(bound(), 0, kind);
        }
      });

    test(`${serverClass.name}()`, () => counting(serverClass.Server));
    if (mixIn === undefined) continue;
    test(`${mixIn.apply.name}(…) of a ${mixIn.base.name} of one's own`, () => {
      const { Server, bound } = counting(mixIn.base);
      return { Server: mixIn.apply(Server), bound };
    });
  }
}

for (
  const Server of [
    TCPServer,
    AsyncMixIn(TCPServer),
    ThreadingMixIn(TCPServer),
    ForkingMixIn(TCPServer),
  ]
) {
  Deno.test(`new ${Server.name}() that throws leaves its port free`, async () => {
    const first = new TCPServer(ownAddress(), () => {});
    const { serverAddress } = first;
    await first.serverClose();
    const blockOnClose = "no" as unknown as boolean;
    assertThrows(
      () => new Server(serverAddress, function handle() {}, { blockOnClose }),
      TypeError,
      'blockOnClose must be a boolean: current value is "no"',
    );
    const make = () => new TCPServer(serverAddress, () => {});
    await using again = await bindAgain(make);
    assertEquals(again.serverAddress, serverAddress);
  });
}

Deno.test("new TCPServer() takes a hostname that is left out, or empty, for all interfaces", async () => {
  for (const address of [{ port: 0 }, { port: 0, hostname: "" }]) {
    await using server = new TCPServer(address, () => {});
    assertEquals(server.serverAddress.hostname, "0.0.0.0");
  }
});
