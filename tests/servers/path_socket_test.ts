import { assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { PathSocket } from "../../src/servers/path_socket.ts";
import { PrivateFolder } from "../../src/servers/private_folder.ts";

const LIMIT_MS = 20_000;
const ADDRESS: Deno.UnixAddr = { transport: "unixpacket", path: "/client" };

/**
 * Has a send held that a client is slow to take, so that its socket is replaced.
 *
 * @param spoil What happens meanwhile to the path.
 */
async function sendHeld(
  path: string,
  spoil: (bind: () => Deno.DatagramConn) => Deno.DatagramConn,
): Promise<void> {
  const bind = () => Deno.listenDatagram({ transport: "unixpacket", path });
  const held = Promise.withResolvers<number>();
  const own = bind();
  const holding = new Proxy(own, {
    get: (_, key) =>
      key === "send" ? () => held.promise : Reflect.get(own, key),
  });
  const socket = new PathSocket(
    holding as never,
    () => spoil(bind) as never,
  );
  try {
    const sent = Promise.withResolvers<number>();
    const data = new Uint8Array(1);
    const sending = socket.send({ data, address: ADDRESS, sent, reason: null });
    await deadline(
      assertRejects(() => sent.promise, Deno.errors.TimedOut),
      LIMIT_MS,
    );
    held.resolve(1); // the client reads at last
    await deadline(sending, LIMIT_MS);
  } finally {
    own.close();
  }
}

Deno.test({
  name: "send() goes on if the socket's file vanishes as it is replaced",
  ignore: Deno.build.os === "windows",
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/server`;
    const { takeIn } = PrivateFolder.prototype;
    PrivateFolder.prototype.takeIn = function () {
      Deno.removeSync(path);
      takeIn.call(this);
    };
    try {
      await sendHeld(path, (bind) => bind());
    } finally {
      PrivateFolder.prototype.takeIn = takeIn;
    }
  },
});

Deno.test({
  name:
    "send() goes on if all of the folder vanishes as the socket is replaced",
  ignore: Deno.build.os === "windows",
  async fn() {
    using folder = new TemporaryFolder();
    const inner = `${folder.path}/inner`;
    Deno.mkdirSync(inner);
    await sendHeld(`${inner}/server`, () => {
      Deno.removeSync(inner, { recursive: true });
      throw new Deno.errors.NotFound("no such folder");
    });
  },
});
