import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { watchReads } from "../../src/servers/gentle_close.ts";
import { watchForLoss } from "../../src/servers/loss_watch.ts";

const LIMIT_MS = 20_000;
const RESET = new Deno.errors.ConnectionReset("reset by peer");

/** A connection whose next calls do as the test says. */
function connectionOf(operation: () => Promise<number>) {
  return { read: operation, write: operation };
}

for (const method of ["read", "write"] as const) {
  Deno.test(`watchForLoss() tells of a ${method}() that finds a loss, which the caller hears of, too`, async () => {
    for (
      const [error, expected] of [
        [RESET, true],
        [new Deno.errors.BrokenPipe("pipe"), true],
        [new Deno.errors.ConnectionAborted("aborted"), true],
        [new Deno.errors.Interrupted("closed here"), false],
        [new Deno.errors.BadResource("closed here"), false],
        [new Deno.errors.TimedOut("slow"), false],
      ] as const
    ) {
      const lost: Error[] = [];
      const connection = connectionOf(() => Promise.reject(error));
      watchForLoss(connection, (error) => void lost.push(error));
      await assertRejects(() => connection[method](), Error, error.message);
      assertEquals(lost, expected ? [error] : []);
    }
  });
}

Deno.test("watchForLoss() takes an end of the input for none, and passes on what is read", async () => {
  for (const result of [null, 5]) {
    const connection = connectionOf(() => Promise.resolve(result as number));
    let losses = 0;
    watchForLoss(connection, () => void losses++);
    assertEquals(await connection.read(), result);
    assertEquals(losses, 0);
  }
});

Deno.test("watchForLoss() tells of a read that was under way before", async () => {
  const read = Promise.withResolvers<number>();
  const connection = connectionOf(() => read.promise);
  watchReads(connection);
  const reading = assertRejects(() => connection.read(), Error);
  const lost = new Promise<Error>((resolve) =>
    watchForLoss(connection, resolve)
  );
  read.reject(RESET);
  assertStrictEquals(await deadline(lost, LIMIT_MS), RESET);
  await reading;
});

Deno.test("watchForLoss() leaves alone what is no connection, or may not be changed", async () => {
  for (const request of [null, undefined, "text", 5n, {}, [new Uint8Array()]]) {
    watchForLoss(request, () => {});
  }
  const frozen = Object.freeze(connectionOf(() => Promise.reject(RESET)));
  watchForLoss(frozen, () => {});
  await assertRejects(() => frozen.read(), Error);
});
