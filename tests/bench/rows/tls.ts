import { tlsConnections, tlsMessages } from "../loads/tls.ts";
import { file, node } from "../programs.ts";
import { cert, key } from "../servers/certificate.mjs";
import { bare, ours } from "../sides.ts";
import type { Row, Side, Trial } from "../trial.ts";

const DENO = "`AsyncTCPServer`";
const NODE = '`AsyncTCPServer`, carrier `"node"`';

const sides: Record<string, Side> = {
  [DENO]: ours("AsyncTCPServer", "LinesHandler", { tls: { cert, key } }),
  [NODE]: ours("AsyncTCPServer", "LinesHandler", {
    tls: { cert, key, carrier: "node" },
  }),
  "a bare `Deno.listenTls` loop": bare("tls"),
  "Node's `tls`": { program: node, args: [file("node_tls.mjs")] },
};

/** The first carrier is judged by what it is made of; so is the second. */
function rowsOf(what: string): Row[] {
  const own = { question: "Against a loop of one's own" } as const;
  const platforms = { question: "Against other platforms" } as const;
  const first = { name: `TLS: ${what}`, ours: DENO };
  const second = { name: `TLS, carrier \`"node"\`: ${what}`, ours: NODE };
  const bareLoop = { against: "a bare `Deno.listenTls` loop" };
  const node = { against: "Node's `tls`" };
  return [
    { ...own, ...first, ...bareLoop, atLeast: 0.8 },
    { ...own, ...second, ...bareLoop },
    { ...platforms, ...first, ...node },
    { ...platforms, ...second, ...node, atLeast: 0.5 },
  ];
}

/** Lines over TLS. */
export const tlsLines: Trial = {
  load: tlsMessages(16),
  sides,
  rows: rowsOf("lines, 16 connections"),
};

/**
 * Handshakes, each with one line. In short turns: Deno's clients keep most of
 * their descriptors for some seconds after they have closed.
 */
export const tlsHandshakes: Trial = {
  load: tlsConnections(128),
  seconds: 0.25,
  sides,
  rows: rowsOf("new connections"),
};
