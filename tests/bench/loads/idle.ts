import { ask, line } from "./echo.ts";
import { Socket } from "../socket.ts";
import type { Load } from "../trial.ts";

/** For what a server needs once, and not for each connection. */
const WARM_UP_CONNECTIONS = 500;

/** What each connection takes while it waits for its next line. */
export function idle(connections: number): Load {
  const message = line(16);

  return (server) => {
    const sockets: Socket[] = [];
    const connect = (count: number) => {
      for (let i = 0; i < count; i++) {
        const socket = new Socket("tcp", server.port);
        ask(socket, message);
        sockets.push(socket);
      }
    };
    connect(WARM_UP_CONNECTIONS);
    const before = server.memory();
    connect(connections);
    const memory = (server.memory() - before) / connections;
    for (const socket of sockets) socket.close();
    return { memory };
  };
}
