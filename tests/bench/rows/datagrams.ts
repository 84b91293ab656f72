import { messages } from "../loads/messages.ts";
import { bare, ours, python } from "../sides.ts";
import type { Trial } from "../trial.ts";

const own = {
  question: "Against a loop of one's own",
  against: "a bare loop that copies the data",
} as const;

/** Datagrams of 64 bytes, each answered before the next one of its client. */
export const datagrams: Trial = {
  load: messages("udp", 8),
  sides: {
    "`AsyncUDPServer`, socket": ours("AsyncUDPServer", "SendHandler"),
    "`UDPServer`, socket": ours("UDPServer", "SendHandler"),
    "`AsyncUDPServer`": ours("AsyncUDPServer", "DatagramHandler"),
    "`UDPServer`": ours("UDPServer", "DatagramHandler"),
    "a bare loop that copies the data": bare("receiveCopySend"),
    "a bare loop": bare("receiveSend"),
    "Python's `ThreadingUDPServer`": python("ThreadingUDPServer"),
  },
  rows: [
    {
      ...own,
      name: "`AsyncUDPServer`, `socket.send()`, 8 in flight",
      ours: "`AsyncUDPServer`, socket",
      atLeast: 0.85,
    },
    {
      ...own,
      name: "`UDPServer`, `socket.send()`, 8 in flight",
      ours: "`UDPServer`, socket",
      atLeast: 0.85,
    },
    {
      ...own,
      name: "`AsyncUDPServer`, `rfile` and `wfile`, 8 in flight",
      ours: "`AsyncUDPServer`",
      atLeast: 0.75,
    },
    {
      ...own,
      name: "`UDPServer`, `rfile` and `wfile`, 8 in flight",
      ours: "`UDPServer`",
      atLeast: 0.75,
    },
    {
      ...own,
      name: "`AsyncUDPServer`, `socket.send()`, 8 in flight",
      ours: "`AsyncUDPServer`, socket",
      against: "a bare loop",
    },
    {
      question: "Against other platforms",
      name: "datagrams, 8 in flight",
      ours: "`AsyncUDPServer`",
      against: "Python's `ThreadingUDPServer`",
      atLeast: 8,
    },
  ],
};
