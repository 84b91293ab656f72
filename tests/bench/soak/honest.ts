// deno-lint-ignore-file no-console -- the driver reads standard output
/**
 * Honest clients of one server: `honest.ts TARGET`. A line on standard input has
 * it do so: `pause` after the visits under way, `resume`, or `tally`, print what
 * they have seen since the last time. It ends with standard input.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { TextLineStream } from "@std/streams/text-line-stream";
import { visitByDatagrams } from "./honest_datagrams.ts";
import { visitByStream } from "./honest_streams.ts";
import { Tally } from "./tally.ts";
import { clientsOf, type Target } from "./target.ts";

const target = JSON.parse(Deno.args[0]!) as Target;
const PAUSE_MS = target.way === "forking" ? 50 : 5;

const tally = new Tally();
let ended = false;
let resumed = Promise.withResolvers<void>();
resumed.resolve();
/** How many visits are under way, and who waits for the last of them. */
let visits = 0;
let rested = Promise.withResolvers<void>();

async function visitAgainAndAgain(): Promise<void> {
  const visit = target.isStream ? visitByStream : visitByDatagrams;
  while (!ended) {
    await resumed.promise;
    visits++;
    await visit(target, tally);
    if (--visits === 0) rested.resolve();
    await delay(PAUSE_MS);
  }
}

/** Each is answered by what the clients have seen. */
const commands: Record<string, () => void | Promise<void>> = {
  tally() {},
  async pause() {
    resumed = Promise.withResolvers();
    if (visits === 0) return;
    rested = Promise.withResolvers();
    await rested.promise;
  },
  resume() {
    resumed.resolve();
  },
};

for (let i = 0; i < clientsOf(target.way); i++) visitAgainAndAgain();
const lines = Deno.stdin.readable
  .pipeThrough(new TextDecoderStream())
  .pipeThrough(new TextLineStream());
for await (const line of lines) {
  await commands[line]!();
  console.log(JSON.stringify(tally.take()));
}
ended = true;
resumed.resolve();
