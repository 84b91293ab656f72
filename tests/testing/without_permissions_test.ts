import { assertEquals, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async/deadline";

const LIMIT_MS = 60_000;

Deno.test("exchange(), exchangeDatagram() and connect() need no permission", async () => {
  const file = new URL(
    "../fixtures/programs/handler_tests.ts",
    import.meta.url,
  );
  const { success, stdout } = await deadline(
    new Deno.Command(Deno.execPath(), {
      args: ["test", "--no-prompt", "--no-check", file.href],
      env: { NO_COLOR: "1" },
      stderr: "inherit",
    }).output(),
    LIMIT_MS,
  );
  const output = new TextDecoder().decode(stdout);
  assertStringIncludes(output, "ok | 3 passed | 0 failed");
  assertEquals(success, true);
});
