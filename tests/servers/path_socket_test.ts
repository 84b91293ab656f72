import { assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { PathSocket } from "../../src/servers/path_socket.ts";
import { PrivateFolder } from "../../src/servers/private_folder.ts";

const LIMIT_MS = 20_000;

Deno.test({
  name: "send() goes on if the socket's file vanishes as it is replaced",
  ignore: Deno.build.os === "windows",
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/server`;
    const bind = () =>
      Deno.listenDatagram({ transport: "unixpacket", path }) as never;
    const held = Promise.withResolvers<number>();
    const own: Deno.DatagramConn = bind();
    const holding = new Proxy(own, {
      get: (_, key) =>
        key === "send" ? () => held.promise : Reflect.get(own, key),
    });
    const socket = new PathSocket(holding as never, bind);
    const { takeIn } = PrivateFolder.prototype;
    PrivateFolder.prototype.takeIn = function () {
      Deno.removeSync(path);
      takeIn.call(this);
    };
    try {
      const sent = Promise.withResolvers<number>();
      const address: Deno.UnixAddr = {
        transport: "unixpacket",
        path: "/client",
      };
      const sending = socket.send({
        data: new Uint8Array(1),
        address,
        sent,
        reason: null,
      });
      await deadline(
        assertRejects(() => sent.promise, Deno.errors.TimedOut),
        LIMIT_MS,
      );
      held.resolve(1); // the client reads at last
      await deadline(sending, LIMIT_MS);
    } finally {
      PrivateFolder.prototype.takeIn = takeIn;
      own.close();
    }
  },
});
