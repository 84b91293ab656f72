import { line } from "../loads/echo.ts";
import { Server } from "../server.ts";
import { ours } from "../sides.ts";
import { Socket } from "../socket.ts";
import { type Figure, mebibytes, shown } from "./figure.ts";

/** How many datagrams a second, for as many seconds as a handler takes. */
const RATE = 12_000;
const SECONDS = 8;
const BYTES = 1000;

/** How much memory a server takes whose handlers are slower than its clients. */
export async function flood(
  name: string,
  options: object = {},
): Promise<Figure> {
  const { args } = ours(name, "SlowDatagramHandler", options);
  await using server = await Server.start([Deno.execPath(), ...args], "null");
  const socket = new Socket("udp", server.port);
  const datagram = line(BYTES);
  const start = performance.now();
  let sent = 0;
  let most = 0;
  for (let passed = 0; passed < SECONDS;) {
    passed = (performance.now() - start) / 1000;
    for (; sent < passed * RATE; sent++) socket.send(datagram);
    most = Math.max(most, server.memory());
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  socket.close();
  return {
    what: `\`${name}\`, ${sent} datagrams for handlers of ${SECONDS} s`,
    settings: shown(options),
    seen: `${mebibytes(most)} at most`,
    wanted: "< 150 MiB",
  };
}
