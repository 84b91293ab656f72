import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { toText } from "@std/streams/to-text";
import { withExample } from "../fixtures/example.ts";
import { needing } from "../fixtures/installed_program.ts";
import { outputOf } from "./client_program.ts";
import {
  assertRefusesTakenPort,
  type ExampleProcess,
  withExampleProcess,
} from "./example_process.ts";
import {
  answer,
  bytesOf,
  CONNECT,
  GREETING,
  named,
  WELCOME,
} from "./socks5_messages.ts";

const LIMIT_MS = 30_000;
const windows = Deno.build.os === "windows";
const own = { hostname: "127.0.0.1", port: 0 };

const withProxy = (body: (proxy: ExampleProcess) => Promise<void>) =>
  withExampleProcess("socks5_proxy.ts", body);

/** Writes all of it. */
async function send(client: Deno.Conn, ...bytes: number[]): Promise<void> {
  const data = Uint8Array.from(bytes);
  for (let sent = 0; sent < data.length;) {
    sent += await client.write(data.subarray(sent));
  }
}

/** Reads so many bytes, or those that come before the end. */
async function receive(client: Deno.Conn, count: number): Promise<number[]> {
  const bytes: number[] = [];
  while (bytes.length < count) {
    const buffer = new Uint8Array(count - bytes.length);
    const read = await deadline(client.read(buffer), LIMIT_MS);
    if (read === null) break;
    bytes.push(...buffer.subarray(0, read));
  }
  return bytes;
}

/** Goes through the proxy to an address in the form of RFC 1928. */
async function connectThrough(
  { address }: ExampleProcess,
  to: number[],
): Promise<Deno.TcpConn> {
  const client = await Deno.connect(address);
  await send(client, ...GREETING, ...CONNECT, ...to); // without waiting
  assertEquals(await receive(client, 12), [...WELCOME, ...answer(0)]);
  return client;
}

/** Listens for what comes through the proxy. */
async function withTarget(
  body: (port: number, accept: () => Promise<Deno.TcpConn>) => Promise<void>,
): Promise<void> {
  using target = Deno.listen(own);
  await body(target.addr.port, () => deadline(target.accept(), LIMIT_MS));
}

Deno.test(needing(["curl"], {
  name: "examples/socks5_proxy.ts takes curl to a name, and to an address",
  fn: () =>
    withProxy(async ({ place }) => {
      const page = "x".repeat(1_000_000);
      await using web = Deno.serve(
        { ...own, onListen() {} },
        () => new Response(page),
      );
      for (
        const [flag, host] of [
          ["--socks5-hostname", "localhost"],
          ["--socks5-hostname", "127.0.0.1"],
          ["--socks5", "127.0.0.1"],
        ] as const
      ) {
        const url = `http://${host}:${web.addr.port}/`;
        const through = [flag, `127.0.0.1:${place}`];
        assertEquals(await outputOf("curl", "-s", ...through, url), page);
      }
      const nowhere = ["-s", "-w", "%{errormsg}", "http://localhost:1/"];
      assertEquals(
        await outputOf(
          "curl",
          ...["--socks5-hostname", `127.0.0.1:${place}`, ...nowhere],
        ),
        "Can't complete SOCKS5 connection to localhost. (5)",
      );
    }),
}));

Deno.test("examples/socks5_proxy.ts keeps half-closes, on either side", () =>
  withProxy((proxy) =>
    withTarget(async (port, accept) => {
      using client = await connectThrough(proxy, [
        1,
        127,
        0,
        0,
        1,
        ...bytesOf(port),
      ]);
      using target = await accept();
      await send(client, 1, 2, 3);
      await client.closeWrite();
      assertEquals(await receive(target, 99), [1, 2, 3]);
      await send(target, 4, 5, 6); // although the client has said all
      assertEquals(await receive(client, 3), [4, 5, 6]);
      await target.closeWrite();
      assertEquals(await receive(client, 1), []);
    }).then(() =>
      withTarget(async (port, accept) => {
        using client = await connectThrough(proxy, named("127.0.0.1", port));
        using target = await accept();
        await target.closeWrite();
        assertEquals(await receive(client, 1), []);
        await send(client, 7, 8); // although the target has said all
        assertEquals(await receive(target, 2), [7, 8]);
      })
    )
  ));

Deno.test("examples/socks5_proxy.ts carries what comes right behind the request", () =>
  withProxy((proxy) =>
    withTarget(async (port, accept) => {
      using client = await Deno.connect(proxy.address);
      await send(
        client,
        ...GREETING,
        ...CONNECT,
        ...named("localhost", port),
        9,
      );
      using target = await accept();
      assertEquals(await receive(target, 1), [9]);
    })
  ));

Deno.test("examples/socks5_proxy.ts closes one side when the other is lost", () =>
  withProxy((proxy) =>
    withTarget(async (port, accept) => {
      const client = await connectThrough(proxy, named("127.0.0.1", port));
      using target = await accept();
      await send(target, 1); // unread, so that the close is a reset
      client.close();
      const end = receive(target, 1).catch((error) => error.name);
      const seen = await deadline(end, LIMIT_MS);
      assertEquals(seen === "ConnectionReset" || seen.length === 0, true);
    })
  ));

Deno.test({
  name: "examples/socks5_proxy.ts goes to an IPv6 address",
  ignore: !hasIPv6(),
  fn: () =>
    withProxy(async (proxy) => {
      using target = Deno.listen({ hostname: "::1", port: 0 });
      const loopback = [...Array(15).fill(0), 1];
      const to = [4, ...loopback, ...bytesOf(target.addr.port)];
      using client = await connectThrough(proxy, to);
      using there = await deadline(target.accept(), LIMIT_MS);
      await send(client, 1);
      assertEquals(await receive(there, 1), [1]);
    }),
});

function hasIPv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

Deno.test("examples/socks5_proxy.ts says 2 where its own flag does not let it go", () =>
  withExampleProcess("socks5_proxy.ts", async ({ address }) => {
    using client = await Deno.connect(address);
    await send(client, ...GREETING, ...CONNECT, ...named("example.com", 80));
    assertEquals(await receive(client, 12), [...WELCOME, ...answer(2)]);
  }, { replace: { "--allow-net": "--allow-net=127.0.0.1" } }));

Deno.test("examples/socks5_proxy.ts closes on a client that is silent for too long", () =>
  withProxy(async ({ address }) => {
    using silent = await Deno.connect(address);
    using half = await Deno.connect(address);
    await send(half, ...GREETING, 5);
    assertEquals(await receive(silent, 1), []);
    assertEquals(
      await deadline(toText(half.readable), LIMIT_MS),
      "\x05\0" + "\x05\x04\0\x01\0\0\0\0\0\0",
    );
  }));

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test({
    name:
      `examples/socks5_proxy.ts ends beside an open connection on ${signal}`,
    ignore: windows,
    fn: () =>
      withTarget((port, accept) =>
        withExample("socks5_proxy.ts", "0", async (example) => {
          const address = { ...own, port: Number(example.place) };
          const proxy = { ...example, address };
          using client = await connectThrough(proxy, named("127.0.0.1", port));
          using target = await accept();
          assertEquals(await example.stop(signal), 0);
          assertEquals(await receive(client, 1), []);
          assertEquals(await receive(target, 1), []);
        })
      ),
  });
}

Deno.test("examples/socks5_proxy.ts names the port that is taken", () =>
  assertRefusesTakenPort("socks5_proxy.ts"));
