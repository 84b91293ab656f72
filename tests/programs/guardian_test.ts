import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { TextLineStream } from "@std/streams/text-line-stream";
import { needing } from "../fixtures/installed_program.ts";
import { Guardian } from "../../src/programs/guardian.ts";
import { WaitingTests } from "../fixtures/waiting_tests.ts";

// What a guardian's process is told, by processes that only pass it on.

const LIMIT_MS = 20_000;

/** Starts processes for a guardian, and hears of each. */
class Starts {
  readonly #waiting: Deno.ChildProcess[] = [];
  #started = Promise.withResolvers<void>();
  /** How many there have been. */
  count = 0;

  constructor(readonly command = "cat") {}

  readonly start = (): Deno.ChildProcess => {
    const process = new Deno.Command(this.command, {
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.count++;
    this.#waiting.push(process);
    this.#started.resolve();
    return process;
  };

  /** Waits for the next process. */
  async next() {
    if (this.#waiting.length === 0) {
      this.#started = Promise.withResolvers();
      await deadline(this.#started.promise, LIMIT_MS);
    }
    const process = this.#waiting.shift()!;
    const lines = process.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream())
      .getReader();
    return {
      line: async () => (await deadline(lines.read(), LIMIT_MS)).value,
      async kill() {
        process.ref();
        process.kill("SIGKILL");
        await process.status;
        await lines.cancel();
      },
    };
  }
}

const waiting = new WaitingTests("Guardian, with its pauses");

Deno.test(needing(["cat"], {
  name: "Guardian.watch() and forget() tell its process",
  async fn() {
    const starts = new Starts();
    const guardian = new Guardian(starts.start);
    const process = await starts.next();
    guardian.watch(123);
    guardian.forget(123);
    assertEquals(await process.line(), "+123");
    assertEquals(await process.line(), "-123");
    await guardian.close();
    assertEquals(await process.line(), undefined);
  },
}));

waiting.test(needing(["cat"], {
  name: "Guardian replaces its process twice in a row",
  async fn() {
    const starts = new Starts();
    const guardian = new Guardian(starts.start);
    guardian.watch(123);
    guardian.watch(456);
    guardian.forget(123);
    await (await starts.next()).kill();
    const second = await starts.next();
    assertEquals(await second.line(), "+456");
    await second.kill();
    const third = await starts.next();
    assertEquals(await third.line(), "+456");
    await guardian.close();
    assertEquals(await third.line(), undefined);
  },
}));

Deno.test(needing(["cat"], {
  name: "Guardian.watch() replaces a process that ended before it was needed",
  async fn() {
    const starts = new Starts();
    const guardian = new Guardian(starts.start);
    await (await starts.next()).kill();
    guardian.watch(123);
    assertEquals(await (await starts.next()).line(), "+123");
    await guardian.close();
  },
}));

Deno.test(needing(["cat"], {
  name: "Guardian.forget() replaces a process that ended before it was told",
  async fn() {
    const starts = new Starts();
    const guardian = new Guardian(starts.start);
    guardian.watch(123);
    await (await starts.next()).kill();
    guardian.forget(123);
    const second = await starts.next();
    assertEquals(await second.line(), "+123");
    assertEquals(await second.line(), "-123");
    await guardian.close();
  },
}));

waiting.test(needing(["echo"], {
  name: "Guardian starts a process that can't live once a second",
  async fn() {
    const starts = new Starts("echo");
    const begin = performance.now();
    const guardian = new Guardian(starts.start);
    guardian.watch(123);
    const first = await starts.next();
    assertEquals(await first.line(), "");
    const second = await starts.next();
    assert(performance.now() - begin > 900);
    assertEquals(await second.line(), "");
    await guardian.close();
    assertEquals(starts.count, 2);
    assertEquals([await first.line(), await second.line()], [
      undefined,
      undefined,
    ]);
  },
}));

Deno.test(needing(["cat"], {
  name: "Guardian.close() starts no process any more",
  async fn() {
    const starts = new Starts();
    const guardian = new Guardian(starts.start);
    guardian.watch(123);
    await (await starts.next()).kill();
    await guardian.close();
    await guardian.close();
    assertEquals(starts.count, 1);
  },
}));

waiting.test(needing(["sleep"], {
  name: "Guardian.close() ends a process that does not hear of it",
  async fn() {
    const guardian = new Guardian(() =>
      new Deno.Command("sleep", { args: ["1000"], stdin: "piped" }).spawn()
    );
    await deadline(guardian.close(), LIMIT_MS);
  },
}));

waiting.test(needing(["sleep"], {
  name: "Guardian.close() ends a process that reads nothing of what it is told",
  async fn() {
    const guardian = new Guardian(() =>
      new Deno.Command("sleep", { args: ["1000"], stdin: "piped" }).spawn()
    );
    // More than a pipe holds.
    for (let pid = 10_000; pid < 30_000; pid++) guardian.watch(pid);
    await deadline(guardian.close(), LIMIT_MS);
  },
}));
