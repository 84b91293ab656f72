import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ProxyHandshake } from "../../src/listeners/proxy_handshake.ts";
import { latin1, V1_LINE } from "../fixtures/proxy_headers.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";

const LIMIT_MS = 30_000;

Deno.test("ProxyHandshake.ask() leaves each connection its own bytes until they are read", async () => {
  const handshake = new ProxyHandshake({
    trust: ["127.0.0.1"],
    headerTimeout: null,
  });
  for (let round = 0; round < 3; round++) {
    using stack = new DisposableStack();
    const pairs: TcpPair[] = [];
    for (const name of ["first", "other", "third"]) {
      const pair = stack.use(await TcpPair.open());
      pairs.push(pair);
      await pair.client.write(latin1(`${V1_LINE}${name} ${round}`));
      await deadline(handshake.ask(pair.server), LIMIT_MS);
    }
    // Some are read in the order of their coming, others in the other one.
    const texts = [];
    for (const { server } of round === 1 ? pairs.toReversed() : pairs) {
      const buffer = new Uint8Array(100);
      const count = await deadline(server.read(buffer), LIMIT_MS);
      texts.push(new TextDecoder().decode(buffer.subarray(0, count!)));
    }
    if (round === 1) texts.reverse();
    assertEquals(texts, [`first ${round}`, `other ${round}`, `third ${round}`]);
  }
});
