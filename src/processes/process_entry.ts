/**
 * The last module of a child process: it runs handlers for the server.
 *
 * The process was started with the handler's module as its main module, so
 * that Deno finds the user's configuration beside it. It has already been
 * evaluated as a preloaded module; this module never returns, so it is not run
 * again as the main program.
 *
 * @module
 */
import { RequestReader } from "../streams/request_reader.ts";
import { FarSide } from "../remote/far_side.ts";
import { HEAD_SIZE, writeHead } from "./batch_head.ts";
import { readData } from "./own_settings.ts";
import { settings, stdin, stdout } from "./process_prelude.ts";

const { mark, hasData, ...farSettings } = settings;
const input = new RequestReader({ read: (buffer) => stdin.read(buffer) });
const received = hasData ? await readData(input) : { data: undefined };
if (received === null) Deno.exit(0); // as below
const markBytes = Uint8Array.fromHex(mark);
const farSide = new FarSide({ ...farSettings, ...received }, (batch) => {
  writeHead(batch, markBytes);
  for (let sent = 0; sent < batch.length;) {
    sent += stdout.writeSync(batch.subarray(sent));
  }
  return true;
}, HEAD_SIZE);
addEventListener("unload", () => farSide.flush()); // the handler may call exit()
await farSide.start();
for (;;) {
  const bytes = await input.read();
  // The server wants no more of this process, or is no more itself.
  if (bytes === null) Deno.exit(0);
  farSide.push(bytes);
}
