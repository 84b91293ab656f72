import { line } from "../loads/echo.ts";
import { percentile } from "../loads/rate.ts";
import { Server } from "../server.ts";
import { cert, key } from "../servers/certificate.mjs";
import { ours } from "../sides.ts";
import { Socket } from "../socket.ts";
import type { Figure } from "./figure.ts";

const CLIENTS = 500;
/** How long a client may say nothing, in seconds. */
const TIMEOUT = 2;
/** How often an honest client asks, and how often before it counts. */
const ASKED = 300;
const WARM_UP = 50;
const LIMIT_MS = 30_000;
const MESSAGE = line(16);
const PROXY_HEADER = new TextEncoder().encode(
  "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n",
);

/** What a client has to say first. */
type Handshake = "deno" | "node" | "proxy";

const OPTIONS: Record<Handshake, object> = {
  deno: { tls: { cert, key, carrier: "deno", handshakeTimeout: TIMEOUT } },
  node: { tls: { cert, key, carrier: "node", handshakeTimeout: TIMEOUT } },
  proxy: { proxyProtocol: { trust: ["127.0.0.1"], headerTimeout: TIMEOUT } },
};
const SETTINGS: Record<Handshake, string> = {
  deno: `\`tls\`, \`handshakeTimeout: ${TIMEOUT}\``,
  node: `\`tls\`, carrier \`"node"\`, \`handshakeTimeout: ${TIMEOUT}\``,
  proxy: `\`proxyProtocol\`, \`headerTimeout: ${TIMEOUT}\``,
};

/**
 * How long an honest client waits beside clients that never end their handshake,
 * and how many of the server's descriptors are left when their time is up, and
 * when they have gone.
 */
export async function silentClients(
  name: string,
  handshake: Handshake,
): Promise<Figure> {
  const { args } = ours(name, "LinesHandler", OPTIONS[handshake]);
  await using server = await Server.start([Deno.execPath(), ...args], "null");
  await honest(server.port, handshake, WARM_UP);
  const quiet = await honest(server.port, handshake, ASKED);
  const before = server.descriptors();

  const all = Array.from({ length: CLIENTS }, () => {
    const socket = new Socket("tcp", server.port);
    if (handshake === "proxy") socket.send(PROXY_HEADER.subarray(0, 20));
    return socket;
  });
  const start = performance.now();
  const beside = await honest(server.port, handshake, ASKED);
  const rest = TIMEOUT * 1000 + 500 - (performance.now() - start);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, rest)));
  const late = server.descriptors() - before;
  for (const socket of all) socket.close();
  let left = server.descriptors() - before;
  for (
    const end = performance.now() + LIMIT_MS;
    left > 0 && performance.now() < end;
  ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    left = server.descriptors() - before;
  }

  const shown = [beside, quiet].map(([p50, p99]) =>
    `${p50!.toFixed(1)} and ${p99!.toFixed(1)}`
  );
  return {
    what: `\`${name}\`, ${CLIENTS} clients that never end their handshake`,
    settings: SETTINGS[handshake],
    seen: `an honest client's p50 and p99 ${shown[0]} ms, alone ${
      shown[1]
    }; descriptors left: ${late} after ${TIMEOUT}.5 s, ${left} when they have gone`,
    wanted: handshake === "deno" ? `${CLIENTS}, then 0` : "0",
  };
}

/** Asks on new connections; resolves to the p50 and the p99 of the waits. */
async function honest(
  port: number,
  handshake: Handshake,
  times: number,
): Promise<number[]> {
  const waits: number[] = [];
  for (let i = 0; i < times; i++) {
    const now = performance.now();
    using connection = await connect(port, handshake);
    await connection.write(MESSAGE);
    for (let received = 0; received < MESSAGE.length;) {
      const buffer = new Uint8Array(MESSAGE.length);
      received += await connection.read(buffer) ?? NaN;
      if (Number.isNaN(received)) throw new Error("There is no answer");
    }
    waits.push(performance.now() - now);
  }
  return [percentile(waits, 0.5), percentile(waits, 0.99)];
}

async function connect(
  port: number,
  handshake: Handshake,
): Promise<Deno.Conn> {
  const hostname = "127.0.0.1";
  const connection = await Deno.connect({ hostname, port });
  connection.setNoDelay();
  if (handshake === "proxy") {
    await connection.write(PROXY_HEADER);
    return connection;
  }
  return await Deno.startTls(connection, { hostname, caCerts: [cert] });
}
