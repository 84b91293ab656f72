import { bun, file, goServer, node, python as python3 } from "../programs.ts";
import { messages } from "../loads/messages.ts";
import { bare, LIMITS, ours, python, REUSED } from "../sides.ts";
import type { Trial } from "../trial.ts";

const own = { question: "Against a loop of one's own" } as const;
const platforms = {
  question: "Against other platforms",
  name: "lines, 32 connections",
  ours: "`AsyncTCPServer`",
} as const;
const elsewhere = { question: "Threads and processes" } as const;

/** Lines of 64 bytes that wait for each other. */
export const lines: Trial = {
  load: messages("tcp", 32),
  sides: {
    "`AsyncTCPServer`": ours("AsyncTCPServer", "LinesHandler"),
    "with a timeout": ours("AsyncTCPServer", "TimedLinesHandler"),
    "with every limit": ours("AsyncTCPServer", "LimitedLinesHandler", LIMITS),
    "`pipeTo`": ours("AsyncTCPServer", "PipeHandler"),
    "`ThreadingTCPServer`": ours("ThreadingTCPServer", "LinesHandler"),
    "`ForkingTCPServer`": ours("ForkingTCPServer", "LinesHandler", REUSED),
    "a bare loop": bare("readWrite"),
    "a line reader by hand": bare("lines"),
    "Python's `ThreadingTCPServer`": python("ThreadingTCPServer"),
    "asyncio streams": { program: python3, args: [file("asyncio_lines.py")] },
    "Node's `net`": { program: node, args: [file("node_net.mjs")] },
    "Go's `net`": { program: goServer, args: ["4"] },
    "`Bun.listen`": { program: bun, args: [file("bun_listen.mjs")] },
  },
  rows: [
    {
      ...own,
      name: "lines, 32 connections",
      ours: "`AsyncTCPServer`",
      against: "a bare loop",
      atLeast: 0.82,
    },
    {
      ...own,
      name: "lines, 32 connections, the slowest",
      ours: "`AsyncTCPServer`",
      against: "a bare loop",
      by: "p99",
      atMost: 1.5,
    },
    {
      ...own,
      name: "lines, 32 connections",
      ours: "`AsyncTCPServer`",
      against: "a line reader by hand",
      atLeast: 1,
    },
    {
      ...own,
      name: "lines, 32 connections, `timeout = 30`",
      ours: "with a timeout",
      against: "`AsyncTCPServer`",
      atLeast: 0.82,
    },
    {
      ...own,
      name: "lines, 32 connections, every limit and `signal`",
      ours: "with every limit",
      against: "`AsyncTCPServer`",
      atLeast: 0.9,
    },
    {
      ...own,
      name: "`rfile.pipeTo(wfile)`, 64 bytes at a time",
      ours: "`pipeTo`",
      against: "a bare loop",
      atLeast: 0.9,
    },
    { ...platforms, against: "Python's `ThreadingTCPServer`", atLeast: 2.5 },
    { ...platforms, against: "asyncio streams", atLeast: 1.1 },
    { ...platforms, against: "Node's `net`", atLeast: 0.9 },
    { ...platforms, against: "Go's `net`" },
    { ...platforms, against: "`Bun.listen`" },
    {
      ...elsewhere,
      name: "threads: lines, 32 connections",
      ours: "`ThreadingTCPServer`",
      against: "a bare loop",
      atLeast: 0.33,
    },
    {
      ...elsewhere,
      name: "children reused: lines, 32 connections",
      ours: "`ForkingTCPServer`",
      against: "a bare loop",
      by: "rate",
      atLeast: 0.12,
    },
  ],
};

/** The same, sixteen at a time. */
export const pipelined: Trial = {
  load: messages("tcp", 32, 16),
  sides: {
    "`AsyncTCPServer`": ours("AsyncTCPServer", "NoDelayLinesHandler"),
    "a line reader by hand": bare("lines"),
  },
  rows: [{
    ...own,
    name: "lines, pipelined, 16 at a time",
    ours: "`AsyncTCPServer`",
    against: "a line reader by hand",
    atLeast: 1.1,
  }],
};

/** The same, for a lone client. */
export const loneLines: Trial = {
  load: messages("tcp", 1),
  sides: {
    "`AsyncTCPServer`": ours("AsyncTCPServer", "LinesHandler"),
    "`ThreadingTCPServer`": ours("ThreadingTCPServer", "LinesHandler"),
    "a bare loop": bare("readWrite"),
  },
  rows: [
    {
      ...own,
      name: "lines, 1 connection",
      ours: "`AsyncTCPServer`",
      against: "a bare loop",
    },
    {
      ...elsewhere,
      name: "threads: lines, 1 connection",
      ours: "`ThreadingTCPServer`",
      against: "`AsyncTCPServer`",
      by: "rate",
      atLeast: 0.4,
    },
  ],
};
