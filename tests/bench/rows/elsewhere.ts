import { connections } from "../loads/connections.ts";
import { loneClient } from "../loads/lone_client.ts";
import { messages } from "../loads/messages.ts";
import { neighbour as load } from "../loads/neighbour.ts";
import { bare, ours } from "../sides.ts";
import type { Trial } from "../trial.ts";

const elsewhere = { question: "Threads and processes" } as const;

/** Handlers that compute for some 20 ms. */
export const computing: Trial = {
  load: messages("tcp", 8),
  seconds: 1,
  sides: {
    "`ThreadingTCPServer`": ours("ThreadingTCPServer", "ComputeHandler"),
    "`AsyncTCPServer`": ours("AsyncTCPServer", "ComputeHandler"),
  },
  rows: [{
    ...elsewhere,
    name: "threads: handlers that compute, 8 connections",
    ours: "`ThreadingTCPServer`",
    against: "`AsyncTCPServer`",
    by: "rate",
    atLeast: 1.9,
  }],
};

/** A client beside another one for whom a thread computes. */
export const neighbour: Trial = {
  load: load(40),
  seconds: 0.6, // in less than what 40 lines take
  sides: {
    "a neighbour computes": ours("ThreadingTCPServer", "ComputeHandler"),
    "the same, and nobody computes": ours("ThreadingTCPServer", "LinesHandler"),
  },
  rows: [{
    ...elsewhere,
    name: "threads: a client whose neighbour's thread computes",
    ours: "a neighbour computes",
    against: "the same, and nobody computes",
    by: "p99",
    atMost: 3,
  }],
};

/** A process for each connection. */
export const freshChildren: Trial = {
  load: connections(4),
  seconds: 1.5,
  sides: {
    "`ForkingTCPServer`": ours("ForkingTCPServer", "LinesHandler"),
    "starts of an empty program": bare("runEmpty"),
  },
  rows: [{
    ...elsewhere,
    name: "a fresh child each: new connections",
    ours: "`ForkingTCPServer`",
    against: "starts of an empty program",
    atLeast: 0.7,
  }],
};

/** The first byte for a lone client. */
export const firstByte: Trial = {
  load: loneClient,
  sides: {
    "`ForkingTCPServer`": ours("ForkingTCPServer", "LinesHandler"),
    "a bare loop": bare("readWrite"),
  },
  rows: [{
    ...elsewhere,
    name: "a fresh child each: a lone client's first byte",
    ours: "`ForkingTCPServer`",
    against: "a bare loop",
    by: "time",
    oursAtMost: 5,
  }],
};
