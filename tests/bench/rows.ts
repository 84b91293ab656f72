/** A program, or a load of driver.ts, and its arguments. */
export type Command = readonly [name: string, ...args: string[]];

/** A comparison of two servers under the same load. */
export interface Row {
  /** What the table calls it. */
  name: string;
  /** A load of driver.ts, with its arguments, or of redis-benchmark. */
  load: Command;
  ours: Command;
  against: Command;
  unit: string;
  /** A program without which the row is skipped. */
  needs?: string;
  /** The smallest ratio, of ours to the other, that is good enough. */
  ratioAtLeast?: number;
  /** The largest such ratio that is good enough. */
  ratioAtMost?: number;
  /** The largest value of ours that is good enough. */
  atMost?: number;
}

const ours = (server: string, handler: string, options = {}): Command =>
  deno("ours.ts", server, handler, JSON.stringify(options));
/** Two children, which any number of requests share. */
const REUSED = {
  maxChildren: 2,
  maxRequestsPerChild: 1e9,
  requestsPerChild: 1e9,
};
const bare = (loop: string): Command => deno("bare.ts", loop);
const python = (server: string): Command => [
  "python3",
  file("python.py"),
  server,
];
const node: Command = ["node", file("node_net.mjs")];

/** Every row of the table. */
export const rows: readonly Row[] = [
  {
    name: "lines of 64 bytes, 50 connections",
    load: ["messages", "tcp", "50", "64"],
    ours: ours("AsyncTCPServer", "LinesHandler"),
    against: bare("readWrite"),
    unit: "req/s",
    ratioAtLeast: 0.85,
  },
  {
    name: "lines of 64 bytes, 1 connection",
    load: ["messages", "tcp", "1", "64"],
    ours: ours("AsyncTCPServer", "LinesHandler"),
    against: bare("readWrite"),
    unit: "req/s",
  },
  ...["50", "1"].map((clients): Row => ({
    name: `lines with a timeout, ${clients} connections, against none`,
    load: ["messages", "tcp", clients, "64"],
    ours: ours("AsyncTCPServer", "TimedLinesHandler"),
    against: ours("AsyncTCPServer", "LinesHandler"),
    unit: "req/s",
    ratioAtLeast: 0.82,
  })),
  {
    name: "pipeTo, bulk",
    load: ["bulk", "256"],
    ours: ours("AsyncTCPServer", "PipeHandler"),
    against: bare("pipeTo"),
    unit: "MB/s",
    ratioAtLeast: 0.8,
  },
  {
    name: "pipeTo, 64 bytes, 50 connections",
    load: ["messages", "tcp", "50", "64"],
    ours: ours("AsyncTCPServer", "PipeHandler"),
    against: bare("pipeTo"),
    unit: "req/s",
    ratioAtLeast: 1.2,
  },
  {
    name: "connect, one line, close, 4 at a time",
    load: ["connections", "4"],
    ours: ours("AsyncTCPServer", "LinesHandler"),
    against: bare("readWrite"),
    unit: "conn/s",
    ratioAtLeast: 0.9,
  },
  {
    name: "connect, one line, close, without rfile and wfile",
    load: ["connections", "4"],
    ours: ours("AsyncTCPServer", "ReadWriteHandler"),
    against: bare("readWrite"),
    unit: "conn/s",
    ratioAtLeast: 0.9,
  },
  {
    name: "connect, one line, close, against a loop that makes two streams",
    load: ["connections", "4"],
    ours: ours("AsyncTCPServer", "LinesHandler"),
    against: bare("readWriteStreams"),
    unit: "conn/s",
  },
  ...["1", "8"].flatMap((clients) =>
    [
      ["AsyncUDPServer", "SendHandler"],
      ["AsyncUDPServer", "DatagramHandler"],
      ["UDPServer", "SendHandler"],
      ["UDPServer", "DatagramHandler"],
    ].map(([server, handler]): Row => ({
      name: `${server}, ${handler}, ${clients} in flight`,
      load: ["messages", "udp", clients, "64"],
      ours: ours(server!, handler!),
      against: bare("receiveSend"),
      unit: "packets/s",
      ratioAtLeast: 0.9,
    }))
  ),
  {
    name: "idle connection, 10 000 of them",
    load: ["idle", "10000"],
    ours: ours("AsyncTCPServer", "LinesHandler"),
    against: bare("readWrite"),
    unit: "KB",
    atMost: 10,
  },
  {
    name: "threads: 20 ms of computing, 8 connections, against AsyncTCPServer",
    load: ["messages", "tcp", "8", "64"],
    ours: ours("ThreadingTCPServer", "ComputeHandler"),
    against: ours("AsyncTCPServer", "ComputeHandler"),
    unit: "req/s",
    ratioAtLeast: 1.9,
  },
  {
    name: "threads: p99 of a client beside one for whom a thread computes",
    load: ["beside", "100"],
    ours: ours("ThreadingTCPServer", "ComputeHandler"),
    against: ours("ThreadingTCPServer", "LinesHandler"),
    unit: "ms",
    ratioAtMost: 3,
  },
  ...[
    { clients: "50", ratioAtLeast: 0.3 },
    { clients: "1", ratioAtLeast: 0.15 },
  ].map(({ clients, ratioAtLeast }): Row => ({
    name: `threads: lines, ${clients} connections, against AsyncTCPServer`,
    load: ["messages", "tcp", clients, "64"],
    ours: ours("ThreadingTCPServer", "LinesHandler"),
    against: ours("AsyncTCPServer", "LinesHandler"),
    unit: "req/s",
    ratioAtLeast,
  })),
  {
    name: "threads: connect, one line, close, against AsyncTCPServer",
    load: ["connections", "32"],
    ours: ours("ThreadingTCPServer", "LinesHandler"),
    against: ours("AsyncTCPServer", "LinesHandler"),
    unit: "conn/s",
    ratioAtLeast: 0.5,
  },
  {
    name: "threads: pipeTo, bulk, against AsyncTCPServer",
    load: ["bulk", "256"],
    ours: ours("ThreadingTCPServer", "PipeHandler"),
    against: ours("AsyncTCPServer", "PipeHandler"),
    unit: "MB/s",
    ratioAtLeast: 0.2,
  },
  {
    name: "children: a fresh one each, against starts of an empty program",
    load: ["connections", "4"],
    ours: ours("ForkingTCPServer", "LinesHandler"),
    against: bare("runEmpty"),
    unit: "conn/s",
    ratioAtLeast: 0.8,
  },
  {
    name: "children: reused, connect, against Python's ForkingTCPServer",
    needs: "python3",
    load: ["connections", "4"],
    ours: ours("ForkingTCPServer", "LinesHandler", REUSED),
    against: python("ForkingTCPServer"),
    unit: "conn/s",
    ratioAtLeast: 2.5,
  },
  {
    name: "children: reused, connect, against tcpserver's cat",
    needs: "tcpserver",
    load: ["connections", "4"],
    ours: ours("ForkingTCPServer", "LinesHandler", REUSED),
    against: ["tcpserver", "-1", "-H", "-R", "-l0", "127.0.0.1", "0", "cat"],
    unit: "conn/s",
    ratioAtLeast: 1.2,
  },
  {
    name: "children: time to the first byte for a lone client",
    load: ["firstByte"],
    ours: ours("ForkingTCPServer", "LinesHandler"),
    against: bare("readWrite"),
    unit: "ms",
    atMost: 5,
  },
  {
    name: "children: reused, lines, 50 connections",
    load: ["messages", "tcp", "50", "64"],
    ours: ours("ForkingTCPServer", "LinesHandler", REUSED),
    against: bare("readWrite"),
    unit: "req/s",
    ratioAtLeast: 0.12,
  },
  {
    name: "children: reused, pipeTo, bulk",
    load: ["bulk", "256"],
    ours: ours("ForkingTCPServer", "PipeHandler", REUSED),
    against: bare("pipeTo"),
    unit: "MB/s",
    ratioAtLeast: 0.12,
  },
  {
    name: "redis-benchmark -c 50, against pipeTo",
    needs: "redis-benchmark",
    load: ["redis-benchmark", "-c", "50", "-n", "60000"],
    ours: ours("AsyncTCPServer", "PipeHandler"),
    against: bare("pipeTo"),
    unit: "req/s",
  },
  {
    name: "redis-benchmark -k 0 -c 4, against pipeTo",
    needs: "redis-benchmark",
    load: ["redis-benchmark", "-k", "0", "-c", "4", "-n", "10000"],
    ours: ours("AsyncTCPServer", "PipeHandler"),
    against: bare("pipeTo"),
    unit: "conn/s",
  },
  {
    name: "lines, 50 connections, against Python's ThreadingTCPServer",
    load: ["messages", "tcp", "50", "64"],
    ours: ours("AsyncTCPServer", "LinesHandler"),
    needs: "python3",
    against: python("ThreadingTCPServer"),
    unit: "req/s",
  },
  {
    name: "pipeTo, 50 connections, against Node's pipe",
    load: ["messages", "tcp", "50", "64"],
    ours: ours("AsyncTCPServer", "PipeHandler"),
    needs: "node",
    against: node,
    unit: "req/s",
  },
];

function deno(script: string, ...args: string[]): Command {
  return [Deno.execPath(), "run", "-A", file(script), ...args];
}

function file(name: string): string {
  return new URL(`./servers/${name}`, import.meta.url).pathname;
}
