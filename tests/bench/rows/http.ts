import { wrk } from "../loads/wrk.ts";
import {
  deno,
  file,
  node,
  type Program,
  python as python3,
  underWrk,
} from "../programs.ts";
import type { Side, Trial } from "../trial.ts";

const examples = {
  question: "Examples",
  name: "`http_server.ts`, a file of 0.7 KB, 32 connections",
  ours: "`http_server.ts`",
  by: "rate",
} as const;

/** A server of the files in ../servers. */
function side(program: Program, name: string, ...flags: string[]): Side {
  return {
    program: underWrk(program),
    args: [...flags, file(name), "0", file("")],
  };
}

/** A small file, from the disk each time. */
export const http: Trial = {
  load: wrk(32, "/python.py"),
  seconds: 2,
  sides: {
    "`http_server.ts`": side(deno, "http_ours.ts", "run", "-A"),
    "`Deno.serve`": side(deno, "deno_serve.ts", "run", "-A"),
    "Node's `http`": side(node, "node_http.mjs"),
    "Python's `ThreadingHTTPServer`": side(python3, "http_server.py"),
  },
  rows: [
    { ...examples, against: "Python's `ThreadingHTTPServer`", atLeast: 5 },
    { ...examples, against: "`Deno.serve`", atLeast: 0.5 },
    { ...examples, against: "Node's `http`" },
  ],
};
