import { ask, checkEcho, line } from "./echo.ts";
import { rate } from "./rate.ts";
import { Socket } from "../socket.ts";
import type { Load } from "../trial.ts";

/** Short lines of one client, beside another that has sent so many long ones. */
export function neighbour(lines: number): Load {
  const message = line(16);
  const long = line(64);
  const answer = new Uint8Array(long.length);

  return (server, seconds) => {
    const socket = new Socket("tcp", server.port);
    ask(socket, message);
    const other = new Socket("tcp", server.port);
    for (let i = 0; i < lines; i++) other.send(long);
    const sample = rate(server, seconds, (waits) => {
      const start = performance.now();
      ask(socket, message);
      waits.push(performance.now() - start);
      return 1;
    });
    socket.close();
    for (let i = 0; i < lines; i++) other.receive(answer);
    checkEcho(answer, long);
    other.close();
    // The time that the other's lines took is no part of an answer's.
    return { rate: sample.rate!, p99: sample.p99! };
  };
}
