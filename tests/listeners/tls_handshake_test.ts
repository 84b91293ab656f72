import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { TlsHandshake } from "../../src/listeners/tls_handshake.ts";
import { startTlsBy } from "../../src/listeners/tls_starters.ts";
import { TlsAcceptor } from "../../src/tls/tls_acceptor.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";
import { tlsTest } from "../tls/tls_authority.ts";

const LIMIT_MS = 30_000;

tlsTest(
  "TlsHandshake.ask() gives null for who has gone, where the system says so of an option",
  async (authority) => {
    const acceptor = new TlsAcceptor(await authority.issue("server.test"));
    using pair = await TcpPair.open();
    pair.client.close();
    pair.server.setNoDelay = () => {
      // What macOS says. A server would take it for the end of its own socket.
      throw Object.assign(new Error("Invalid argument"), { code: "EINVAL" });
    };
    const asked = new TlsHandshake(startTlsBy(acceptor), null).ask(pair.server);
    assertEquals(await deadline(asked, LIMIT_MS), null);
  },
);
