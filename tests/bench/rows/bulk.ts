import { bulk as load } from "../loads/bulk.ts";
import { goServer } from "../programs.ts";
import { bare, ours, REUSED } from "../sides.ts";
import type { Trial } from "../trial.ts";

const elsewhere = { question: "Threads and processes" } as const;

/** Megabytes there and back. */
export const bulk: Trial = {
  load: load(64),
  sides: {
    "`AsyncTCPServer`": ours("AsyncTCPServer", "PipeHandler"),
    "`ThreadingTCPServer`": ours("ThreadingTCPServer", "PipeHandler"),
    "`ForkingTCPServer`": ours("ForkingTCPServer", "PipeHandler", REUSED),
    "`readable.pipeTo(writable)`": bare("pipeTo"),
    "Go's `net`": { program: goServer, args: ["64"] },
  },
  rows: [
    {
      question: "Against a loop of one's own",
      name: "bulk, a MB through `rfile.pipeTo(wfile)`",
      ours: "`AsyncTCPServer`",
      against: "`readable.pipeTo(writable)`",
      atLeast: 0.8,
    },
    {
      question: "Against other platforms",
      name: "bulk, a MB through `rfile.pipeTo(wfile)`",
      ours: "`AsyncTCPServer`",
      against: "Go's `net`",
      atLeast: 0.8,
    },
    {
      ...elsewhere,
      name: "threads: bulk, a MB",
      ours: "`ThreadingTCPServer`",
      against: "`AsyncTCPServer`",
      by: "rate",
      atLeast: 0.2,
    },
    {
      ...elsewhere,
      name: "children reused: bulk, a MB",
      ours: "`ForkingTCPServer`",
      against: "`readable.pipeTo(writable)`",
      by: "rate",
      atLeast: 0.12,
    },
  ],
};
