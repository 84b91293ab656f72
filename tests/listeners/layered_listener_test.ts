import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { TCPServer, UnixStreamServer } from "@socketserver/socketserver";
import { LayeredListener } from "../../src/listeners/layered_listener.ts";
import { latin1, V1_LINE } from "../fixtures/proxy_headers.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

const LIMIT_MS = 30_000;
const LAYERS = {
  proxyProtocol: { trust: ["127.0.0.1"], headerTimeout: null },
};

function listen(): Deno.TcpListener {
  return Deno.listen({ hostname: "127.0.0.1", port: 0 });
}

Deno.test("LayeredListener.accept() gives a connection whose client has said what it must", async () => {
  const inner = listen();
  using listener = new LayeredListener(inner, LAYERS);
  assertEquals(listener.addr, inner.addr);
  const accepting = deadline(listener.accept(), LIMIT_MS);
  using client = await Deno.connect({ port: inner.addr.port });
  await client.write(latin1(V1_LINE));
  using connection = await accepting;
  assertEquals((connection.remoteAddr as Deno.NetAddr).hostname, "192.168.0.1");
});

Deno.test("LayeredListener.accept() rejects while an early one waits", async () => {
  const listener = new LayeredListener(listen(), LAYERS);
  const first = listener.accept();
  await assertRejects(
    () => listener.accept(),
    Deno.errors.Busy,
    "another accept() is waiting", // the layer's own word: there is one
  );
  listener.close();
  await assertRejects(() => deadline(first, LIMIT_MS), Deno.errors.BadResource);
});

Deno.test("LayeredListener.close() has an early accept() reject, and later ones", async () => {
  const inner = listen();
  const listener = new LayeredListener(inner, LAYERS);
  const accepting = listener.accept(); // it waits for the layers
  listener.close();
  for (const accept of [() => accepting, () => listener.accept()]) {
    await assertRejects(
      () => deadline(accept(), LIMIT_MS),
      Deno.errors.BadResource,
    );
  }
  await deadline(listener.released, LIMIT_MS);
  Deno.listen({ hostname: "127.0.0.1", port: inner.addr.port }).close();
});

Deno.test("LayeredListener.ref() and unref() tell layers that come later", async () => {
  const inner = listen();
  const told: boolean[] = [];
  inner.ref = () => told.push(true);
  inner.unref = () => told.push(false);
  const listener = new LayeredListener(inner, LAYERS);
  const accepting = listener.accept();
  listener.unref();
  listener.close();
  await assertRejects(() => accepting, Deno.errors.BadResource);
  assertEquals(told, [false, false]); // the socket, then the layer around it
  listener.ref();
  assertEquals(told, [false, false, true]);
});

for (const Server of [TCPServer, UnixStreamServer]) {
  Deno.test({
    name:
      `${Server.name}.socket stays the one that it is when it is set to itself`,
    ignore: Deno.build.os === "windows",
    async fn() {
      using folder = new TemporaryFolder();
      const address = {
        hostname: "127.0.0.1",
        port: 0,
        path: `${folder.path}/socket`,
      };
      for (
        const options of [{}, {
          proxyProtocol: { trust: ["127.0.0.1", "unix"] },
        }]
      ) {
        await using server = new Server(address, () => {}, options);
        const { socket } = server;
        server.socket = socket;
        assertStrictEquals(server.socket, socket);
      }
    },
  });
}
