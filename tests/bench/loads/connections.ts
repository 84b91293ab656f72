import { checkEcho, line } from "./echo.ts";
import { rate } from "./rate.ts";
import { Socket } from "../socket.ts";
import type { Load } from "../trial.ts";

/** Connections for one line each, so many at a time. */
export function connections(number: number): Load {
  const message = line(16);
  const answer = new Uint8Array(message.length);
  const sockets: Socket[] = [];
  const startedAt: number[] = [];

  return (server, seconds) =>
    rate(server, seconds, (waits) => {
      for (let i = 0; i < number; i++) {
        startedAt[i] = performance.now();
        sockets[i] = new Socket("tcp", server.port);
      }
      for (const socket of sockets) socket.send(message);
      for (let i = 0; i < number; i++) {
        sockets[i]!.receive(answer);
        waits.push(performance.now() - startedAt[i]!);
      }
      for (const socket of sockets) socket.close();
      checkEcho(answer, message);
      return number;
    });
}
