import { assertEquals, assertRejects } from "@std/assert";
import { noteOrigin } from "../../src/streams/error_origin.ts";
import { onLoss, watchForLoss } from "../../src/streams/loss_listeners.ts";

const RESET = new Deno.errors.ConnectionReset("reset by peer");

/** A connection whose calls do as the test says. */
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
      onLoss(connection, (error) => void lost.push(error));
      watchForLoss(connection);
      await assertRejects(() => connection[method](), Error, error.message);
      assertEquals(lost, expected ? [error] : []);
    }
  });
}

Deno.test("watchForLoss() takes an end of the input for none, and passes on what is read", async () => {
  for (const result of [null, 5]) {
    const connection = connectionOf(() => Promise.resolve(result as number));
    let losses = 0;
    onLoss(connection, () => void losses++);
    watchForLoss(connection);
    assertEquals(await connection.read(), result);
    assertEquals(losses, 0);
  }
});

Deno.test("watchForLoss() leaves alone what is no connection, or may not be changed", async () => {
  for (const request of [null, undefined, "text", 5n, {}, [new Uint8Array()]]) {
    watchForLoss(request);
  }
  const frozen = Object.freeze(connectionOf(() => Promise.reject(RESET)));
  onLoss(frozen, () => {});
  watchForLoss(frozen);
  await assertRejects(() => frozen.read(), Error);
});

Deno.test("onLoss() is told of an error whose origin is noted, once, and of its own connection's only", () => {
  const [ours, another] = [{}, {}];
  const lost: Error[] = [];
  onLoss(ours, (error) => void lost.push(error));
  noteOrigin(new Deno.errors.ConnectionReset("of another"), another);
  const reset = new Deno.errors.ConnectionReset("of ours");
  noteOrigin(reset, ours);
  noteOrigin(reset, ours);
  assertEquals(lost, [reset]);
});
