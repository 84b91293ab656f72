// deno-lint-ignore-file no-console -- its output is the table
/**
 * Measures how long an honest client waits while handlers attack the server
 * that runs them: `hostile.ts [WORDS OF A ROW'S NAME]`. The server is a process
 * of its own. It is compared to what it does with nobody else, and with handlers
 * that take as much processor time and do no harm. Needs Linux.
 *
 * @module
 */
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import { FloodedServer } from "./flooded_server.ts";
import { floods } from "../fixtures/frame_floods.ts";

/** How long each measurement takes, in seconds; less than a flood. */
const SECONDS = 4;
const WARM_UP = 20;
const LIMIT_MS = 30_000;
/** How often a second a handler is told to fuzz. */
const FUZZES = 20;

type Attack = (server: FloodedServer, end: number) => Promise<void>;

/** An order to one client. */
const order = (line: string): Attack => (server) => server.order(line);

/** An order again and again, each time to a client of its own. */
const orders = (line: (turn: number) => string): Attack =>
async (
  server,
  end,
) => {
  for (let turn = 1; performance.now() < end; turn++) {
    await server.order(line(turn));
    await delay(1000 / FUZZES);
  }
};
const nobody: Attack = () => Promise.resolve();
const computing = order("compute: ");
const others = orders(() => "hello");
const fuzz = orders((turn) => `fuzz: ${turn}`);

/** What is measured: a class, an attack, and what does no harm instead. */
const rows: readonly (readonly [string, string, Attack, Attack])[] = [
  ...["ThreadingTCPServer", "ThreadingUDPServer"].map((name) =>
    [name, "fuzz", fuzz, others] as const
  ),
  ...["ForkingTCPServer", "ForkingUDPServer"].flatMap((name) => [
    [name, "fuzz", fuzz, others] as const,
    ...Object.keys(floods).map((kind) =>
      [name, kind, order(`flood: ${kind}`), computing] as const
    ),
  ]),
];

console.log(
  `p50 and p99 in milliseconds

| server | attack | alone | with others | attacked | p99 to alone | to others | memory, MiB |
| --- | --- | --- | --- | --- | --- | --- | --- |`,
);
for (const [name, what, attack, harmless] of rows) {
  if (!`${name} ${what}`.includes(Deno.args.join(" "))) continue;
  const alone = await measure(name, nobody);
  const busy = await measure(name, harmless);
  const attacked = await measure(name, attack);
  const cells = [
    name,
    what,
    ...[alone, busy, attacked].map(({ p50, p99 }) =>
      `${p50.toFixed(2)}, ${p99.toFixed(2)}`
    ),
    (attacked.p99 / alone.p99).toFixed(1),
    (attacked.p99 / busy.p99).toFixed(1),
    (attacked.growth / 2 ** 20).toFixed(0),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}

/** What an honest client has seen. */
interface Waits {
  /** How long it waited for half of its answers at most, in milliseconds. */
  readonly p50: number;
  /** The same for 99 of 100. */
  readonly p99: number;
  /** How much memory the server took meanwhile, in bytes. */
  readonly growth: number;
}

async function measure(name: string, attack: Attack): Promise<Waits> {
  await using server = await FloodedServer.start(name);
  using client = await server.client();
  for (let i = 0; i < WARM_UP; i++) await client.ask();
  const before = await server.memory();
  const end = performance.now() + SECONDS * 1000;
  const attacking = attack(server, end);
  const waits: number[] = [];
  while (performance.now() < end) {
    const start = performance.now();
    await deadline(client.ask(), LIMIT_MS);
    waits.push(performance.now() - start);
    await delay(1);
  }
  await attacking;
  const growth = await server.memory() - before;
  waits.sort((a, b) => a - b);
  const part = (of: number) => waits[Math.floor((waits.length - 1) * of)]!;
  return { p50: part(0.5), p99: part(0.99), growth };
}
