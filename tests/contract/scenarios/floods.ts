import {
  type AnyServer,
  NoReplyAddressError,
} from "@socketserver/socketserver";
import { assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import { ResettingClient } from "../../fixtures/clients/resetting_client.ts";
import { until } from "../../fixtures/until.ts";
import type { Fixture } from "../fixture.ts";
import type { Scenario } from "../scenario.ts";

const LIMIT_MS = 20_000;
/** How many clients come at a time. */
const CROWD = 50;
/** How often an honest client asks meanwhile. */
const QUESTIONS = 100;
/** How long a line may be that a handler reads, in bytes. */
const LONGEST_LINE = 65_536;

/** How often, and how long apart, a datagram's answer is asked for. */
const MOST_ASKED = 100;
const PATIENCE_MS = 100;

/** Floods of connections. */
const aboutConnections: Scenario[] = [
  {
    name: "serveForever() lets go of clients that reset, and answers others",
    run: (f) =>
      serveThrough(f, async (server) => {
        await crowds(amount(f, 500), (number) => reset(f, server, number));
      }),
  },
  {
    name: "serveForever() lets go of clients that send garbage",
    run: (f) =>
      serveThrough(f, async (server) => {
        await crowds(amount(f, 200), (number) => spill(f, server, number));
      }),
  },
];

/** Floods of datagrams. */
const aboutDatagrams: Scenario[] = [
  {
    name: "serveForever() lets go of a flood of datagrams",
    async run(f) {
      await using server = new f.Server(
        f.address(),
        f.handlers.LineEcho,
        shared(f),
      );
      const serving = server.serveForever();
      await flood(server, 2000);
      assertEquals(await askAgain(f, server), "served");
      await until(() => server.activeRequests.length === 0);
      await deadline(server.serverClose(), LIMIT_MS);
      await serving;
      for (const error of f.record.take()) {
        assertInstanceOf(error, NoReplyAddressError);
      }
    },
  },
];

/** Serves while something hostile is done, and looks what is left of it. */
async function serveThrough(
  f: Fixture,
  attack: (server: AnyServer) => Promise<void>,
): Promise<void> {
  await using server = new f.Server(f.address(), f.handlers.LineEcho);
  const serving = server.serveForever();
  const attacking = attack(server);
  for (let i = 0; i < amount(f, QUESTIONS); i++) {
    assertEquals(await deadline(f.ask(server, `${i}`), LIMIT_MS), `${i}`);
  }
  await attacking;
  assertEquals(await deadline(f.ask(server, "served"), LIMIT_MS), "served");
  await until(() => server.activeRequests.length === 0);
  await deadline(server.serverClose(), LIMIT_MS);
  await serving;
  for (const error of f.record.take()) assertClientsDoing(error);
}

/** Where each request costs a process, there are fewer. */
function amount(f: Fixture, most: number): number {
  return isForking(f) ? most / 20 : most;
}

/** Options for many requests, each of which would else cost a process. */
function shared(f: Fixture) {
  return isForking(f)
    ? { maxChildren: 2, maxRequestsPerChild: 1e6, requestsPerChild: 100 }
    : {};
}

function isForking({ serverClass }: Fixture): boolean {
  return serverClass.name.startsWith("Forking");
}

async function crowds(
  count: number,
  come: (number: number) => Promise<void>,
): Promise<void> {
  for (let done = 0; done < count; done += CROWD) {
    const length = Math.min(CROWD, count - done);
    const all = Array.from({ length }, (_, i) => come(done + i));
    await deadline(Promise.all(all), LIMIT_MS);
  }
}

/**
 * Connects, sends nothing, a part of a line, or a whole one, and goes without
 * an answer: by a reset, or as abruptly as a Unix socket can.
 */
async function reset(
  f: Fixture,
  server: AnyServer,
  number: number,
): Promise<void> {
  const said = ["", "a part", "a whole line\n"][number % 3]!;
  const bytes = new TextEncoder().encode(said);
  if (f.isUnixStream) {
    using client = await f.connectStream(server);
    await client.connection.write(bytes).catch(ignoreLoss);
    return;
  }
  const client = await ResettingClient.connect(server.serverAddress);
  if (said !== "") await client.send(said);
  await client.reset();
}

/** Sends bytes without a meaning, and a line that is too long for any handler. */
async function spill(
  f: Fixture,
  server: AnyServer,
  number: number,
): Promise<void> {
  using client = await f.connectStream(server);
  const garbage = crypto.getRandomValues(new Uint8Array(LONGEST_LINE));
  const bytes = number % 2 === 0
    ? garbage
    : garbage.map((byte) => byte === 10 ? 11 : byte);
  try {
    for (let sent = 0; sent < bytes.length;) {
      sent += await client.connection.write(bytes.subarray(sent));
    }
    await client.connection.write(new Uint8Array([0, 0, 10]));
    await client.connection.closeWrite();
    await client.rest();
  } catch (error) {
    ignoreLoss(error);
  }
}

/**
 * Sends datagrams as fast as the system takes them; half of them are garbage.
 * The client reads no answers: over UDP the system drops them, and over Unix,
 * where it would not, the client has no name to be answered by.
 */
async function flood(
  { serverAddress }: AnyServer,
  count: number,
): Promise<void> {
  const client = serverAddress.path === undefined
    ? Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 })
    : Deno.listenDatagram({ transport: "unixpacket" });
  const line = new TextEncoder().encode("a line\n");
  const sizes = [0, 1, 16, 1400, 30_000];
  try {
    for (let i = 0; i < count; i++) {
      const length = sizes[i % sizes.length]!;
      const garbage = crypto.getRandomValues(new Uint8Array(length));
      const sent = client.send(i % 2 === 0 ? line : garbage, serverAddress);
      await deadline(sent, LIMIT_MS);
    }
  } finally {
    client.close();
  }
}

/**
 * Asks until there is an answer: the system drops what comes over UDP while its
 * queue is full. Over Unix it has the client wait.
 */
async function askAgain(f: Fixture, server: AnyServer): Promise<string> {
  if (f.serverClass.addressFamily === "AF_UNIX") {
    return await deadline(f.ask(server, "served"), LIMIT_MS);
  }
  using client = f.connectDatagram(server);
  const answered = new AbortController();
  const answer = client.receive().finally(() => answered.abort());
  const { signal } = answered;
  for (let i = 0; i < MOST_ASKED && !signal.aborted; i++) {
    await client.send("served");
    await delay(PATIENCE_MS, { signal }).catch(() => {});
  }
  return await deadline(answer, LIMIT_MS);
}

function ignoreLoss(error: unknown): void {
  const lost = error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted;
  if (!lost) throw error;
}

/** Checks that a report is of what these clients did. */
function assertClientsDoing(error: unknown): void {
  const names = [
    "BrokenPipe",
    "ConnectionReset",
    "ConnectionAborted",
    "NotConnected",
    "LineTooLongError",
  ];
  assertInstanceOf(error, Error);
  if (!names.includes(error.name)) throw error;
}

/** The same, for the classes that they are about. */
export const floodScenarios: Scenario[] = [
  ...aboutConnections.map((scenario): Scenario => ({
    ...scenario,
    needs: { socketType: "SOCK_STREAM" },
  })),
  ...aboutDatagrams.map((scenario): Scenario => ({
    ...scenario,
    needs: { socketType: "SOCK_DGRAM" },
  })),
];
