import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { connectionLoss } from "../../src/handlers/connection_loss.ts";
import { MemoryConnection } from "../fixtures/memory_connection.ts";

const LIMIT_MS = 20_000;

/** A connection of somebody's own whose writes fail, in one way or another. */
class LostConnection extends MemoryConnection {
  readonly #fail: () => Promise<number>;

  constructor(fail: () => Promise<number>) {
    super([]);
    this.#fail = fail;
  }

  override write(): Promise<number> {
    return this.#fail();
  }
}

const reset = new Deno.errors.ConnectionReset("reset");
const ways: [how: string, fail: () => Promise<number>][] = [
  ["rejects", () => Promise.reject(reset)],
  ["throws", () => {
    throw reset;
  }],
];

for (const [how, fail] of ways) {
  Deno.test(`connectionLoss() rejects when a write of nothing ${how}`, async () => {
    const end = new AbortController();
    const loss = connectionLoss(new LostConnection(fail), end.signal);
    const error = await assertRejects(() => deadline(loss, LIMIT_MS));
    assertEquals(error, reset);
    end.abort();
  });
}
