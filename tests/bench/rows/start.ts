import { idle as load } from "../loads/idle.ts";
import { start as startLoad } from "../loads/start.ts";
import { goServer } from "../programs.ts";
import { bare, ours, script } from "../sides.ts";
import type { Trial } from "../trial.ts";

const start = { question: "Start and memory" } as const;

/** From nothing to a server that listens. */
export const starts: Trial = {
  load: startLoad,
  fresh: true,
  sides: {
    "serving": script("start_ours.ts"),
    "built": script("start_ours.ts", "built"),
    "a bare loop": script("start_bare.ts"),
  },
  rows: [
    {
      ...start,
      name: "a program that serves, until it listens",
      ours: "serving",
      against: "a bare loop",
      by: "time",
      atMost: 2,
    },
    {
      ...start,
      name: "a program that only builds a server",
      ours: "built",
      against: "a bare loop",
      by: "time",
      atMost: 1.7,
    },
    {
      ...start,
      name: "memory of a program that serves",
      ours: "serving",
      against: "a bare loop",
      by: "memory",
      atMost: 1.15,
    },
  ],
};

/** Ten thousand connections that wait. */
export const idle: Trial = {
  load: load(10_000),
  fresh: true,
  sides: {
    "`AsyncTCPServer`": ours("AsyncTCPServer", "LinesHandler"),
    "a bare loop": bare("readWrite"),
    "Go's `net`": { program: goServer, args: ["4"] },
  },
  rows: [
    {
      ...start,
      name: "memory of an idle connection, 10 000 of them",
      ours: "`AsyncTCPServer`",
      against: "a bare loop",
      by: "memory",
      atMost: 1.03,
    },
    {
      ...start,
      name: "memory of an idle connection, 10 000 of them",
      ours: "`AsyncTCPServer`",
      against: "Go's `net`",
      by: "memory",
    },
  ],
};
