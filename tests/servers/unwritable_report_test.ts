import { assertEquals } from "@std/assert";
import { serverClasses } from "../contract/server_classes.ts";
import { ChildProgram } from "../fixtures/child_program.ts";
import { needing } from "../fixtures/installed_program.ts";

const PROGRAMS = `${import.meta.dirname}/../fixtures/programs`;
/** What may be wrong with standard error. */
const KINDS = {
  full: "is on a full disk",
  gone: "is a pipe whose reader has gone",
  slow: "is a full pipe that does not block",
};

for (const [kind, what] of Object.entries(KINDS)) {
  for (const { name, socketType } of Object.values(serverClasses).flat()) {
    Deno.test(needing(["python3"], {
      name:
        `${name}.serveForever() goes on where standard error ${what} and handlers fail`,
      ignore: Deno.build.os !== "linux",
      fn: async () => {
        const command = [Deno.execPath(), "run", "-A", "--quiet"];
        await using program = new ChildProgram(
          "python3",
          `${PROGRAMS}/with_standard_error.py`,
          kind,
          ...command,
          `${PROGRAMS}/unwritable_reports_program.ts`,
          name,
        );
        const answer = socketType === "SOCK_STREAM" ? "begun" : "an answer";
        assertEquals(await program.line(), answer);
        assertEquals(await program.line(), "failed: 3 left: 0");
        assertEquals((await program.ended()).success, true);
      },
    }));
  }
}
