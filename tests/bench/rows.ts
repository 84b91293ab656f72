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
  /** The largest value of ours that is good enough. */
  atMost?: number;
}

const ours = (server: string, handler: string): Command =>
  deno("ours.ts", server, handler);
const bare = (loop: string): Command => deno("bare.ts", loop);
const python: Command = ["python3", file("threading_tcp_server.py")];
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
    against: python,
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
