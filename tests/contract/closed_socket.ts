import type { AnyServer } from "@socketserver/socketserver";
import { assertRejects } from "@std/assert";

/** Asserts that a server's socket is closed. */
export async function assertSocketClosed(server: AnyServer): Promise<void> {
  const { socket } = server as AnyServer & {
    socket: Deno.Listener | Deno.DatagramConn;
  };
  await assertRejects(
    async () => {
      if ("accept" in socket) await socket.accept();
      else await socket.receive();
    },
    Deno.errors.BadResource,
  );
}
