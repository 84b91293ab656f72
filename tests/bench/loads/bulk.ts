import { rate } from "./rate.ts";
import { Socket } from "../socket.ts";
import type { Load } from "../trial.ts";

/** Megabytes, in connections of so many each. */
export function bulk(megabytes: number): Load {
  const chunk = new Uint8Array(1 << 18);
  const answer = new Uint8Array(1 << 18);
  const wanted = megabytes * 1e6;

  return (server, seconds) =>
    rate(server, seconds, () => {
      const socket = new Socket("tcp", server.port);
      let sent = 0;
      let received = 0;
      while (received < wanted) {
        const before = sent + received;
        if (sent < wanted) {
          sent += socket.sendSome(chunk.subarray(0, wanted - sent));
          if (sent === wanted) socket.closeWrite();
        }
        received += socket.receiveSome(answer);
        if (sent + received === before) socket.wait(sent < wanted);
      }
      socket.close();
      return megabytes;
    });
}
