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

const PYTHON = "Python's `ThreadingHTTPServer`";

/** A server of the files in ../servers. */
function side(
  program: Program,
  name: string,
  { flags = [], args = [] }: { flags?: string[]; args?: string[] } = {},
): Side {
  return {
    program: underWrk(program),
    args: [...flags, file(name), "0", file(""), ...args],
  };
}

const flags = ["run", "-A"];

/** A small file, from the disk each time. */
export const http: Trial = {
  load: wrk(32, "/python.py"),
  seconds: 2,
  sides: {
    "`http_server.ts`": side(deno, "http_ours.ts", { flags }),
    "`Deno.serve`": side(deno, "deno_serve.ts", { flags }),
    "Node's `http`": side(node, "node_http.mjs"),
    [PYTHON]: side(python3, "http_server.py"),
    [`${PYTHON}, HTTP/1.1`]: side(python3, "http_server.py", {
      args: ["HTTP/1.1"],
    }),
  },
  rows: [
    { ...examples, against: PYTHON, atLeast: 5 },
    { ...examples, against: `${PYTHON}, HTTP/1.1` },
    { ...examples, against: "`Deno.serve`", atLeast: 0.5 },
    { ...examples, against: "Node's `http`" },
  ],
};
