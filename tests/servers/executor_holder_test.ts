import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { HandlerNotFoundError } from "@socketserver/socketserver";
import type { Executor } from "../../src/servers/executor.ts";
import { ExecutorHolder } from "../../src/servers/executor_holder.ts";

/** One whose executor fails to start. */
function failingWith(error: Error, isNeeded: boolean): ExecutorHolder {
  const executor = { start: () => Promise.reject(error) };
  return new ExecutorHolder({
    createExecutor: () => executor as Partial<Executor> as Executor,
    isNeeded: () => isNeeded,
  });
}

Deno.test("ExecutorHolder.needed makes the executor once, and not before", async () => {
  let made = 0;
  const executor = new ExecutorHolder({
    createExecutor: () => {
      made++;
      const start = () => Promise.resolve();
      return { start } as Partial<Executor> as Executor;
    },
    isNeeded: () => true,
  });
  assertEquals([executor.made, made], [null, 0]);
  await executor.start();
  assertStrictEquals(executor.needed, executor.made);
  assertEquals(made, 1);
});

Deno.test("ExecutorHolder.start() does not mind that a handler cannot be found which may not be needed", async () => {
  const missing = new HandlerNotFoundError("no handler");
  await failingWith(missing, false).start();
  await assertRejects(() => failingWith(missing, true).start());
  const other = new RangeError("another fault");
  await assertRejects(() => failingWith(other, false).start(), RangeError);
});
