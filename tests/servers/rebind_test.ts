import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  type BaseServer,
  TCPServer,
  UDPServer,
  UnixDatagramServer,
  UnixStreamServer,
} from "@socketserver/socketserver";
import { bindAgain } from "../fixtures/bind_again.ts";
import { ownAddress } from "../fixtures/own_address.ts";

const LIMIT_MS = 30_000;
const windows = Deno.build.os === "windows";

/** Closes a server that waits for a request, and at once makes another one. */
async function serveTwice<Request, Address extends Deno.Addr>(
  make: (address?: Address) => BaseServer<Request, Address>,
): Promise<void> {
  const first = make();
  const waiting = Promise.withResolvers<void>();
  const getRequest = first.getRequest.bind(first);
  first.getRequest = () => {
    waiting.resolve();
    return getRequest();
  };
  const serving = first.serveForever();
  await deadline(waiting.promise, LIMIT_MS);
  await deadline(first.serverClose(), LIMIT_MS);
  await serving;
  await using second = await bindAgain(() => make(first.serverAddress));
  assertEquals(second.serverAddress, first.serverAddress);
}

Deno.test("TCPServer.serverClose() resolves when its port is free", () =>
  serveTwice((address?: Deno.NetAddr) =>
    new TCPServer(address ?? ownAddress(), () => {})
  ));

Deno.test("UDPServer.serverClose() resolves when its port is free", () =>
  serveTwice((address?: Deno.NetAddr) =>
    new UDPServer(address ?? ownAddress(), () => {})
  ));

/** Gives a path in a folder of its own. */
async function withPath(body: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(`${folder}/server.sock`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "UnixStreamServer.serverClose() resolves when its path is free",
  ignore: windows,
  fn: () =>
    withPath((path) =>
      serveTwice(() => new UnixStreamServer({ path }, () => {}))
    ),
});

Deno.test({
  name: "UnixDatagramServer.serverClose() resolves when its path is free",
  ignore: windows,
  fn: () =>
    withPath((path) =>
      serveTwice(() => new UnixDatagramServer({ path }, () => {}))
    ),
});
