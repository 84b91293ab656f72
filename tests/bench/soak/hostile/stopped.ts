import { delay } from "@std/async/delay";
import { connectOptions } from "../target.ts";
import type { Attack } from "./attack.ts";

const HELD_MS = 400;

/** A client of a process of its own, which is stopped in the middle of an answer. */
export const stoppedClient: Attack = {
  name: "a client that is stopped (SIGSTOP)",
  over: "streams",
  async run(target) {
    const code = `
      const connection = await Deno.connect(${
      JSON.stringify(connectOptions(target))
    });
      await connection.write(new TextEncoder().encode("large 5000000\\n"));
      const buffer = new Uint8Array(1000);
      await connection.read(buffer);
      console.log("reading");
      while (await connection.read(buffer) !== null);`;
    await using client = new Deno.Command(Deno.execPath(), {
      args: ["eval", code],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = client.stdout.getReader();
    await Promise.race([reader.read(), delay(1000)]);
    try {
      client.kill("SIGSTOP");
      await delay(HELD_MS);
      client.kill("SIGKILL");
    } catch {
      // It has ended: its connection was lost in another attack.
    }
    await reader.cancel();
  },
};
