import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { TlsAcceptor } from "../../src/tls/tls_acceptor.ts";
import type { TlsConnection } from "../../src/tls/tls_connection.ts";
import { needing } from "../fixtures/installed_program.ts";
import { until } from "../fixtures/until.ts";
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

Deno.test(needing(["openssl"], {
  name:
    "TlsConnection.write() of nothing rejects once the client has been lost",
  async fn() {
    const { server, reset } = await connection();
    using _ = server;
    assertEquals(await server.write(new Uint8Array(0)), 0);
    reset();
    let error: unknown;
    await until(() => {
      server.write(new Uint8Array(0)).catch((reason) => error = reason);
      return error !== undefined;
    });
    const { BrokenPipe, ConnectionReset } = Deno.errors;
    const told = error instanceof BrokenPipe ||
      error instanceof ConnectionReset;
    assert(told, `${error}`);
  },
}));

Deno.test(needing(["openssl"], {
  name: "TlsConnection.write() rejects when its very bytes cannot be sent",
  async fn() {
    const { server, raw, reset } = await connection();
    using _ = server;
    raw.write = () => Promise.reject(new Deno.errors.BrokenPipe("lost"));
    const writing = server.write(new Uint8Array(1));
    await assertRejects(
      () => deadline(writing, LIMIT_MS),
      Deno.errors.BrokenPipe,
    );
    reset();
  },
}));

/** The server's end of a connection, and what has its client reset it. */
async function connection(): Promise<
  { server: TlsConnection; raw: Deno.TcpConn; reset: () => void }
> {
  using authority = await TlsAuthority.create();
  const acceptor = new TlsAcceptor(await authority.issue("one"));
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const socket = connect(listener.addr.port, "127.0.0.1");
  socket.on("error", () => {});
  const raw = await listener.accept();
  const secured = acceptor.accept(raw);
  const ca = authority.own.cert;
  const client = connectTls({ socket, ca, servername: "localhost" });
  client.on("error", () => {});
  await once(client, "secureConnect");
  const reset = () => void socket.resetAndDestroy();
  return { server: (await secured)!, raw, reset };
}
