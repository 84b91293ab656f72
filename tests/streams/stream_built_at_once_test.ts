import { assert } from "@std/assert";

const PRELOAD = import.meta.resolve("../fixtures/hidden_stream_state.ts");

/** What needs rfile and wfile to be streams of the platform, and the rest. */
const suites = [
  "request_reader_stream_test.ts",
  "response_writer_test.ts",
  "response_writer_failure_test.ts",
];

for (const suite of suites) {
  Deno.test(`streamOnDemand() lets ${suite} pass where streams hide their state`, async () => {
    const { success, stderr, stdout } = await new Deno.Command(
      Deno.execPath(),
      {
        args: ["test", "-A", "--no-check", `--preload=${PRELOAD}`, suite],
        cwd: import.meta.dirname!,
        env: { NO_COLOR: "1" },
      },
    ).output();
    const decoder = new TextDecoder();
    const output = decoder.decode(stdout) + decoder.decode(stderr);
    assert(success, output);
    assert(/[1-9]\d* passed/.test(output), output);
  });
}
