/**
 * The last module of a child process: it imports the handler and runs it.
 *
 * The process was started with the handler's module as its main module, so
 * that Deno finds the user's configuration beside it. That module has been
 * loaded already, as a module like any other; here the process waits for the
 * server and never comes to run it as its program.
 *
 * @module
 */
import { RequestReader } from "../streams/request_reader.ts";
import { FarSide } from "../remote/far_side.ts";
import { marked } from "./marked_batches.ts";
import { stdin, stdout } from "./process_prelude.ts";
import { ownSettings, readData } from "./process_settings.ts";

const { handler, serverAddress, mark, hasData } = ownSettings();
const input = new RequestReader({ read: (buffer) => stdin.read(buffer) });
const data = hasData ? await readData(input) : undefined;
const markBytes = Uint8Array.fromHex(mark);
const host = new FarSide({ handler, serverAddress, data }, (batch) => {
  const bytes = marked(markBytes, batch);
  for (let sent = 0; sent < bytes.length;) {
    sent += stdout.writeSync(bytes.subarray(sent));
  }
});
addEventListener("unload", () => host.flush()); // the handler may call exit()
await host.start();
for (;;) {
  const bytes = await input.read();
  // The server wants no more of this process, or is no more itself.
  if (bytes === null) Deno.exit(0);
  host.push(bytes);
}
