import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { FrameLink } from "../fixtures/frame_link.ts";
import { PendingRequest } from "../../src/remote/pending_request.ts";
import { ScriptedClient } from "../fixtures/clients/scripted_client.ts";
import {
  type Script,
  ScriptedHandler,
  scripts,
  type Step,
} from "../fixtures/handlers/scripted_handler.ts";
import {
  forEachSeed,
  type Random,
  randomBytes,
  randomCuts,
} from "../fixtures/seeded_cases.ts";

// Whatever a handler does, and whenever: the same bytes, and no hang. Both
// sides keep to the rules, or one of them would say so.

const LIMIT_MS = 20_000;
// The largest ones need credit, again and again.
const LONGEST = [0, 100, 5000, 600_000];

function pick<T>(random: Random, of: readonly T[]): T {
  return of[random(of.length)]!;
}

function randomSteps(random: Random, kind: "read" | "write"): Step[] {
  return Array.from({ length: random(8) }, () => {
    if (random(2) === 0) {
      return { do: kind, count: 1 + random(pick(random, [10, 5000, 300_000])) };
    }
    const others = kind === "read"
      ? ["pause"] as const
      : ["pause", "pause", "probe", "noDelay", "keepAlive", "limit"] as const;
    return { do: pick(random, others) };
  });
}

function randomScript(random: Random): Script {
  const writing = randomSteps(random, "write");
  if (random(3) === 0) writing.push({ do: "closeWrite" });
  if (random(3) === 0) writing.push({ do: "close" });
  return {
    reading: randomSteps(random, "read"),
    writing,
    output: randomBytes(random, pick(random, LONGEST)),
    end: pick(random, ["return", "throw", "return early"]),
    read: [],
    written: 0,
  };
}

function assertBegins(part: ArrayLike<number>, whole: Uint8Array): void {
  assert(part.length <= whole.length, `${part.length} of ${whole.length}`);
  for (let i = 0; i < part.length; i++) {
    if (part[i] !== whole[i]) assertEquals(part[i], whole[i], `byte ${i}`);
  }
}

async function assertHandled(
  random: Random,
  link: FrameLink,
  port: number,
): Promise<void> {
  const input = randomBytes(random, pick(random, LONGEST));
  const client = new ScriptedClient(
    random,
    [...randomCuts(random, input)],
    random(3) === 0 ? random(300_000) : Infinity,
  );
  const script = randomScript(random);
  scripts.set(port, script);
  const address = { transport: "tcp", hostname: "127.0.0.1", port } as const;
  const handled = link.channel.open(new PendingRequest(client, address))
    .then(() => null, (error) => error);
  // A client that says nothing more is heard of by who waits for it.
  const waits = script.reading.some((step) => step.do === "read");
  if (waits) client.halfClose();
  const error = await deadline(handled, LIMIT_MS);
  client.halfClose();
  await deadline(script.settled!, LIMIT_MS);
  scripts.delete(port);

  assertBegins(script.read, input);
  assertBegins(client.output, script.output);
  assert(client.calls.closeWrite <= 1 && client.calls.close <= 1);
  const hasClosed = script.writing.some((step) => step.do === "close");
  if (client.lost) {
    if (client.output.length < script.written) assertInstanceOf(error, Error);
    return;
  }
  assertEquals(client.output.length, script.written);
  if (script.end === "return early") return;
  if (script.end === "throw" && !hasClosed) assertInstanceOf(error, EvalError);
  if (script.end === "return" && !hasClosed) assertEquals(error, null);
  if (error === null || error instanceof EvalError) {
    const closesWrite = script.writing.some((step) => step.do === "closeWrite");
    assertEquals(client.calls.closeWrite, closesWrite ? 1 : 0);
    assertEquals(client.calls.close, hasClosed ? 1 : 0);
  } else {
    // Who closes the connection cannot read from it any more.
    assert(
      error instanceof Deno.errors.Interrupted ||
        error instanceof Deno.errors.BadResource,
      `${error}`,
    );
  }
}

Deno.test("NearSide.open() carries the same bytes, whatever a handler does and when", () =>
  forEachSeed(150, async (random) => {
    using link = new FrameLink(
      ScriptedHandler.moduleUrl,
      ScriptedHandler.name,
      (batch) => randomCuts(random, batch),
      () => random(2) === 0,
    );
    await link.start();
    await Promise.all(
      Array.from(
        { length: 1 + random(4) },
        (_, i) => assertHandled(random, link, i + 1),
      ),
    );
    await deadline(link.sidesReached(), LIMIT_MS);
    assertEquals(link.channel.size, 0);
  }));
