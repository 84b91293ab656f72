import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { TCPServer, UnixStreamServer } from "@socketserver/socketserver";
import { LayeredListener } from "../../src/listeners/layered_listener.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

const LIMIT_MS = 30_000;
const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const HEADER = "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n";
const proxyProtocol = { trust: ["127.0.0.1", "unix"], headerTimeout: 5 };

Deno.test("LayeredListener.accept() gives whose header has come, and loads what it takes once", async () => {
  using listener = new LayeredListener(Deno.listen(ADDRESS), { proxyProtocol });
  const first = listener.accept();
  await assertRejects(() => listener.accept(), Deno.errors.Busy);
  const { port } = listener.addr as Deno.NetAddr;
  using client = await Deno.connect({ ...ADDRESS, port });
  await client.write(new TextEncoder().encode(HEADER));
  using connection = await deadline(first, LIMIT_MS);
  assertEquals((connection.remoteAddr as Deno.NetAddr).hostname, "192.0.2.1");
});

Deno.test("LayeredListener.close() has an accept() reject whose code is not loaded yet", async () => {
  const listener = new LayeredListener(Deno.listen(ADDRESS), { proxyProtocol });
  const accepting = listener.accept();
  listener.close();
  await assertRejects(
    () => deadline(accepting, LIMIT_MS),
    Deno.errors.BadResource,
  );
  await listener.released;
});

for (const Server of [TCPServer, UnixStreamServer]) {
  Deno.test({
    name:
      `${Server.name}.socket stays the one that it is when it is set to itself`,
    ignore: Deno.build.os === "windows",
    async fn() {
      using folder = new TemporaryFolder();
      const address = { ...ADDRESS, path: `${folder.path}/socket` };
      for (const options of [{}, { proxyProtocol }]) {
        await using server = new Server(address, () => {}, options);
        const { socket } = server;
        server.socket = socket;
        assertStrictEquals(server.socket, socket);
      }
    },
  });
}
