import { checkEcho, line } from "./echo.ts";
import { Poll } from "../poll.ts";
import { rate } from "./rate.ts";
import { Socket } from "../socket.ts";
import type { Load } from "../trial.ts";

/** Lines of 64 bytes, on each connection so many at once. */
export function messages(
  transport: "tcp" | "udp",
  connections: number,
  depth = 1,
): Load {
  const batch = line(64, depth);
  const answer = new Uint8Array(batch.length);

  return (server, seconds) => {
    const sockets: Socket[] = [];
    for (let i = 0; i < connections; i++) {
      sockets.push(new Socket(transport, server.port));
    }
    const sentAt = sockets.map(() => performance.now());
    /** How much of each answer has come. */
    const received = sockets.map(() => 0);
    for (const socket of sockets) socket.send(batch);

    using poll = new Poll(sockets);
    const sample = rate(server, seconds, (waits) => {
      let lines = 0;
      poll.forEachReady((index) => {
        const socket = sockets[index]!;
        received[index]! += socket.receiveSome(answer);
        if (received[index]! < batch.length) return;
        const now = performance.now();
        waits.push(now - sentAt[index]!);
        sentAt[index] = now;
        received[index] = 0;
        socket.send(batch);
        lines += depth;
      });
      return lines;
    });

    for (const [index, socket] of sockets.entries()) {
      // An answer that nobody reads would reset the connection.
      const rest = answer.subarray(received[index]);
      socket.receive(rest);
      checkEcho(rest, batch.subarray(received[index]));
      socket.close();
    }
    return sample;
  };
}
