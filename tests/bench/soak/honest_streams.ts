import { RequestReader } from "@socketserver/socketserver";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import type { Tally } from "./tally.ts";
import { connectOptions, type Target } from "./target.ts";

const LIMIT_MS = 30_000;
const RETRY_MS = 20;
const LINES = 10;
const LENGTHS = [3, 60, 2000, 50_000];

let questions = 0;

/** Connects, asks a few lines, says goodbye, and wants a clean end. */
export async function visitByStream(
  target: Target,
  tally: Tally,
): Promise<void> {
  let connection: Deno.Conn;
  try {
    connection = await deadline(connect(target), LIMIT_MS);
  } catch (error) {
    tally.lose(`connecting: ${error}`);
    return;
  }
  using _connection = connection;
  const reader = new RequestReader(connection);
  for (let i = 0; i < LINES; i++) {
    const text = "a".repeat(LENGTHS[i % LENGTHS.length]!) + ++questions;
    const ask = async () => {
      await writeAll(connection, `echo ${text}\n`);
      return await reader.readLine();
    };
    if (!await tally.ask(() => deadline(ask(), LIMIT_MS), text)) return;
  }
  try {
    await connection.closeWrite();
    const rest = await deadline(reader.readLine(), LIMIT_MS);
    if (rest !== null) tally.lose(`more came than was asked: ${rest}`);
  } catch (error) {
    tally.lose(`at the end: ${error}`);
  }
}

/**
 * Connects, when there is room: while the queue of a Unix listener is full, which
 * takes 1,024 clients, the system says so, where over TCP it would ask again.
 */
async function connect(target: Target): Promise<Deno.Conn> {
  for (;;) {
    try {
      return await Deno.connect(connectOptions(target) as Deno.ConnectOptions);
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      await delay(RETRY_MS);
    }
  }
}

async function writeAll(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length;) {
    sent += await connection.write(bytes.subarray(sent));
  }
}
