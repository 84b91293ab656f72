import { assertEquals, assertRejects } from "@std/assert";
import {
  type DatagramRequest,
  DatagramRequestHandler,
  NoReplyAddressError,
  ServerStoppingError,
} from "@socketserver/socketserver";
import { exchangeDatagram } from "@socketserver/socketserver/testing";

const CLIENT: Deno.Addr = {
  transport: "udp",
  hostname: "127.0.0.1",
  port: 50_000,
};

class UpperHandler extends DatagramRequestHandler {
  override async handle() {
    const text = await new Response(this.rfile).text();
    await this.wfile.write(text.toUpperCase());
  }
}

Deno.test("exchangeDatagram() returns what was sent: text for text, and bytes for bytes", async () => {
  const address = CLIENT;
  assertEquals(await exchangeDatagram(UpperHandler, "hello"), [
    { data: "HELLO", address },
  ]);
  const bytes = new TextEncoder().encode("hello");
  assertEquals(await exchangeDatagram(UpperHandler, bytes), [
    { data: new TextEncoder().encode("HELLO"), address },
  ]);
  assertEquals(await exchangeDatagram(UpperHandler), []);
});

Deno.test("exchangeDatagram() returns all replies in order, and where they were sent", async () => {
  const other: Deno.Addr = { transport: "udp", hostname: "::1", port: 7 };
  const handler = async (
    [data, socket]: DatagramRequest,
    clientAddress: Deno.Addr,
  ) => {
    await socket.send(data, clientAddress);
    data.fill(0);
    await socket.send(new Uint8Array(0), other);
  };
  assertEquals(await exchangeDatagram(handler, "first"), [
    { data: "first", address: CLIENT },
    { data: "", address: other },
  ]);
});

Deno.test("exchangeDatagram() rejects with what the handler throws", async () => {
  const unnamed = { transport: "unixpacket", path: null } as never;
  await assertRejects(
    () => exchangeDatagram(UpperHandler, "text", { clientAddress: unnamed }),
    NoReplyAddressError,
  );
});

Deno.test("exchangeDatagram() gives handleError the handler's error, and returns what was sent before", async () => {
  const error = new Error("failed");
  const errors: unknown[] = [];
  const replies = await exchangeDatagram(
    async ([data, socket]: DatagramRequest, address: Deno.Addr) => {
      await socket.send(data, address);
      throw error;
    },
    "text",
    { handleError: (error) => errors.push(error) },
  );
  assertEquals(replies, [{ data: "text", address: CLIENT }]);
  assertEquals(errors, [error]);
});

Deno.test("exchangeDatagram() gives the handler its server, its addresses and its signal", async () => {
  const reason = new ServerStoppingError("stop");
  const path = "/run/client.sock";
  const [reply] = await exchangeDatagram(
    class extends DatagramRequestHandler {
      override async handle() {
        const { server, request: [, { addr }], signal } = this;
        const same = signal.reason === reason;
        const { path } = server.serverAddress as Deno.UnixAddr;
        await this.wfile.write(
          JSON.stringify([server.data, path, addr.transport, same]),
        );
      }
    },
    "",
    {
      data: 7,
      signal: AbortSignal.abort(reason),
      clientAddress: { transport: "unixpacket", path },
    },
  );
  assertEquals(JSON.parse(reply!.data), [
    7,
    "/run/test.sock",
    "unixpacket",
    true,
  ]);
});

Deno.test("exchangeDatagram() rejects when a handler hangs", async () => {
  await assertRejects(
    () => exchangeDatagram(() => new Promise(() => {}), "", { timeout: 0.01 }),
    Deno.errors.TimedOut,
    "Cannot wait for the handler's end within the timeout as the handler goes on: current value is 0.01 seconds",
  );
});

Deno.test("exchangeDatagram() sends by the socket that it is given, which may fail", async () => {
  const refused = new Deno.errors.ConnectionRefused("refused");
  const socket = { send: () => Promise.reject(refused) };
  const error = await exchangeDatagram(UpperHandler, "text", { socket })
    .catch((it) => it);
  assertEquals(error, refused);
});
