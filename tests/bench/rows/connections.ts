import {
  bun,
  file,
  goServer,
  node,
  python as python3,
  tcpserver,
} from "../programs.ts";
import { latin1, V1_LINE, v2Header } from "../../fixtures/proxy_headers.ts";
import { connections as load } from "../loads/connections.ts";
import { bare, LIMITS, ours, python, REUSED } from "../sides.ts";
import type { Side, Trial } from "../trial.ts";

const own = { question: "Against a loop of one's own" } as const;
const platforms = {
  question: "Against other platforms",
  name: "new connections",
  ours: "`AsyncTCPServer`",
} as const;
const elsewhere = { question: "Threads and processes" } as const;

/** The same server behind a proxy, which sends a header. */
function behindProxy(header: Uint8Array<ArrayBuffer>): Side {
  const options = { proxyProtocol: { trust: ["127.0.0.0/8"] } };
  const side = ours("AsyncTCPServer", "LinesHandler", options);
  return { ...side, load: load(4, header) };
}

/** Connections for one line each. */
export const connections: Trial = {
  load: load(4),
  sides: {
    "`AsyncTCPServer`": ours("AsyncTCPServer", "LinesHandler"),
    "with every limit": ours("AsyncTCPServer", "LimitedLinesHandler", LIMITS),
    "PROXY, version 1": behindProxy(latin1(V1_LINE)),
    "PROXY, version 2": behindProxy(v2Header()),
    "`request.read()`": ours("AsyncTCPServer", "ReadWriteHandler"),
    "`ThreadingTCPServer`": ours("ThreadingTCPServer", "LinesHandler"),
    "`ForkingTCPServer`": ours("ForkingTCPServer", "LinesHandler", REUSED),
    "a bare loop": bare("readWrite"),
    "Python's `ThreadingTCPServer`": python("ThreadingTCPServer"),
    "Python's `ForkingTCPServer`": python("ForkingTCPServer"),
    "asyncio streams": { program: python3, args: [file("asyncio_lines.py")] },
    "Node's `net`": { program: node, args: [file("node_net.mjs")] },
    "Go's `net`": { program: goServer, args: ["4"] },
    "`Bun.listen`": { program: bun, args: [file("bun_listen.mjs")] },
    "tcpserver's `cat`": {
      program: tcpserver,
      args: ["-1", "-H", "-R", "-l0", "127.0.0.1", "0", "cat"],
    },
  },
  rows: [
    {
      ...own,
      name: "new connections, `rfile` and `wfile`",
      ours: "`AsyncTCPServer`",
      against: "a bare loop",
      atLeast: 0.85,
    },
    {
      ...own,
      name: "new connections, `request.read()` and `write()`",
      ours: "`request.read()`",
      against: "a bare loop",
      atLeast: 0.93,
    },
    {
      ...own,
      name: "new connections, every limit and `signal`",
      ours: "with every limit",
      against: "`AsyncTCPServer`",
      atLeast: 0.9,
    },
    {
      ...own,
      name: "new connections, behind a trusted proxy, header of version 2",
      ours: "PROXY, version 2",
      against: "`AsyncTCPServer`",
      atLeast: 0.9,
    },
    {
      ...own,
      name: "new connections, behind a trusted proxy, header of version 1",
      ours: "PROXY, version 1",
      against: "`AsyncTCPServer`",
      atLeast: 0.85,
    },
    { ...platforms, against: "Python's `ThreadingTCPServer`", atLeast: 4 },
    { ...platforms, against: "asyncio streams" },
    { ...platforms, against: "Node's `net`" },
    { ...platforms, against: "Go's `net`" },
    { ...platforms, against: "`Bun.listen`" },
    {
      ...elsewhere,
      name: "threads: new connections",
      ours: "`ThreadingTCPServer`",
      against: "a bare loop",
      atLeast: 0.17,
    },
    {
      ...elsewhere,
      name: "children reused: new connections",
      ours: "`ForkingTCPServer`",
      against: "Python's `ForkingTCPServer`",
      by: "rate",
      atLeast: 2.5,
    },
    {
      ...elsewhere,
      name: "children reused: new connections",
      ours: "`ForkingTCPServer`",
      against: "tcpserver's `cat`",
      by: "rate",
      atLeast: 1.2,
    },
  ],
};
