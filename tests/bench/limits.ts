// deno-lint-ignore-file no-console -- its output is the table
/**
 * Measures what the limits of a server are worth, each against what it is for:
 * `limits.ts [WORDS OF A ROW]`. Each server is a process of its own. Needs Linux.
 *
 * @module
 */
import { chat } from "./limits/chat.ts";
import type { Figure } from "./limits/figure.ts";
import { flood } from "./limits/flood.ts";
import { silentClients } from "./limits/silent_clients.ts";
import { slowLoris } from "./limits/slow_loris.ts";
import { termination } from "./limits/termination.ts";
import { REUSED } from "./sides.ts";

const UNLIMITED = { maxActiveRequests: 1e9 };
const MOST_CHILDREN = 40;

/** What is measured, by the words that choose it. */
const measurements: Record<string, () => Promise<Figure>> = {
  "flood async": () => flood("AsyncUDPServer"),
  "flood threading": () => flood("ThreadingUDPServer"),
  "unlimited flood async": () => flood("AsyncUDPServer", UNLIMITED),
  "unlimited flood threading": () => flood("ThreadingUDPServer", UNLIMITED),
  "loris requestTimeout": () =>
    slowLoris("LinesHandler", { requestTimeout: 10 }),
  "loris readTimeout": () =>
    slowLoris("ImpatientLinesHandler", {}, "`readTimeout = 5`"),
  "termination async": () => termination("AsyncTCPServer", "0; < 0.2 s"),
  "termination threading": () =>
    termination("ThreadingTCPServer", "0; < 0.2 s"),
  "termination forking shared": () =>
    termination("ForkingTCPServer", "0; < 0.5 s", REUSED),
  "termination forking": () =>
    termination("ForkingTCPServer", "0; < 0.5 s", {}, MOST_CHILDREN),
  "termination forking each": () =>
    termination("ForkingTCPServer", "0; < 0.5 s", { maxChildren: 100 }),
  "chat": () => chat(100),
  "silent tls": () => silentClients("TCPServer", "deno"),
  "silent tls async": () => silentClients("AsyncTCPServer", "deno"),
  "silent tls node": () => silentClients("TCPServer", "node"),
  "silent tls node async": () => silentClients("AsyncTCPServer", "node"),
  "silent proxy": () => silentClients("TCPServer", "proxy"),
  "silent proxy async": () => silentClients("AsyncTCPServer", "proxy"),
};

console.log("| What | Settings | Seen | Wanted |\n| --- | --- | --- | --- |");
for (const [words, measure] of Object.entries(measurements)) {
  if (!words.includes(Deno.args.join(" "))) continue;
  const { what, settings, seen, wanted } = await measure();
  console.log(`| ${[what, settings, seen, wanted].join(" | ")} |`);
}
