// deno-lint-ignore-file no-console -- it prints where it listens
// A redis-server that keeps nothing on disk, and ends with this program.

import { TextLineStream } from "@std/streams/text-line-stream";

/** It takes no port of the system's choice. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const port = freePort();
const redis = new Deno.Command("redis-server", {
  args: [
    ...["--port", `${port}`, "--bind", "127.0.0.1"],
    ...["--save", "", "--appendonly", "no"],
  ],
  stdin: "null",
  stdout: "piped",
}).spawn();
Deno.addSignalListener("SIGTERM", () => redis.kill("SIGKILL"));
const lines = redis.stdout
  .pipeThrough(new TextDecoderStream())
  .pipeThrough(new TextLineStream());
for await (const line of lines) {
  if (line.includes("Ready to accept connections")) console.log(port);
}
