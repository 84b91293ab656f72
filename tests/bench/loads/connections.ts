import { concat } from "@std/bytes/concat";
import { checkEcho, line } from "./echo.ts";
import { rate } from "./rate.ts";
import { Socket } from "../socket.ts";
import type { Load } from "../trial.ts";

const NO_HEADER = new Uint8Array(0);

/**
 * Connections for one line each, so many at a time.
 *
 * @param header What each begins with, in one packet with the line.
 */
export function connections(number: number, header = NO_HEADER): Load {
  const message = line(16);
  const opening = concat([header, message]);
  const answer = new Uint8Array(message.length);
  const sockets: Socket[] = [];
  const startedAt: number[] = [];

  return (server, seconds) =>
    rate(server, seconds, (waits) => {
      for (let i = 0; i < number; i++) {
        startedAt[i] = performance.now();
        sockets[i] = new Socket("tcp", server.port);
      }
      for (const socket of sockets) socket.send(opening);
      for (let i = 0; i < number; i++) {
        sockets[i]!.receive(answer);
        waits.push(performance.now() - startedAt[i]!);
      }
      for (const socket of sockets) socket.close();
      checkEcho(answer, message);
      return number;
    });
}
