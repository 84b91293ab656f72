import { assert, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { TlsAcceptor } from "../../src/listeners/tls_acceptor.ts";
import type { TlsConnection } from "../../src/listeners/tls_connection.ts";
import { needing } from "../fixtures/installed_program.ts";
import { TlsAuthority } from "./tls_authority.ts";

const LIMIT_MS = 30_000;

Deno.test(needing(["openssl"], {
  name: "TlsConnection.read() tells a reset, and write() tells it again",
  async fn() {
    const { server, reset } = await connection();
    using _ = server;
    const read = server.read(new Uint8Array(1));
    reset();
    const { ConnectionReset } = Deno.errors;
    await assertRejects(() => deadline(read, LIMIT_MS), ConnectionReset);
    await assertRejects(() => server.write(new Uint8Array(1)), ConnectionReset);
  },
}));

Deno.test(needing(["openssl"], {
  name: "TlsConnection.write() rejects once the client has been lost",
  async fn() {
    const { server, reset } = await connection();
    using _ = server;
    reset();
    const error = await assertRejects(async () => {
      for (;;) await deadline(server.write(new Uint8Array(99)), LIMIT_MS);
    });
    const { BrokenPipe, ConnectionReset } = Deno.errors;
    const told = error instanceof BrokenPipe ||
      error instanceof ConnectionReset;
    assert(told, `${error}`);
  },
}));

/** The server's end of a connection, and what has its client reset it. */
async function connection(): Promise<
  { server: TlsConnection; reset: () => void }
> {
  using authority = await TlsAuthority.create();
  const acceptor = new TlsAcceptor(await authority.issue("one"));
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const raw = connect(listener.addr.port, "127.0.0.1");
  raw.on("error", () => {});
  const secured = acceptor.accept(await listener.accept());
  const ca = authority.own.cert;
  const client = connectTls({ socket: raw, ca, servername: "localhost" });
  client.on("error", () => {});
  await once(client, "secureConnect");
  return { server: (await secured)!, reset: () => raw.resetAndDestroy() };
}
