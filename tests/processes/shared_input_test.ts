import { assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { InputSharingHandler } from "../fixtures/handlers/input_sharing_handler.ts";
import { needing } from "../fixtures/installed_program.ts";

const LIMIT_MS = 20_000;
/** More than a pipe holds. */
const LONG = "x".repeat(200_000);

Deno.test(needing(["sleep"], {
  name:
    "ForkingTCPServer.serverClose() does not wait for a program that has a dead child's input",
  ignore: Deno.build.os === "windows",
  async fn() {
    const session = new ForkingSession(InputSharingHandler, {
      permissions: { run: ["sleep"] },
      requestTimeout: 3, // within which the child must have got the client's line
      minSpareChildren: 0,
    });
    await using client = new Dialogue(await session.connect());
    const pid = Number(await client.receive());
    try {
      await client.send("go on");
      await client.send(LONG);
      assertInstanceOf(await session.record.nth(1), Error);
      await deadline(session.close(), LIMIT_MS);
      assertEquals(session.server.activeChildren.size, 0);
    } finally {
      Deno.kill(pid, "SIGKILL");
    }
  },
}));
