import { assert, assertEquals, assertMatch } from "@std/assert";
import { CrowdedProgram } from "../fixtures/crowded_program.ts";
import { needing } from "../fixtures/installed_program.ts";

// A child that cannot start, as the system has no descriptor or no process.

const ignore = Deno.build.os === "windows";
const CHOICE = { name: "ForkingTCPServer", printing: true };
const ONE_EACH = { minSpareChildren: 0, maxRequestsPerChild: 1 };
const SHORTAGE = /^reported (?:Error|WouldBlock): .*\(os error (24|11)\)/;

function reports(program: CrowdedProgram): number {
  return program.lines.filter((line) => line.startsWith("reported")).length;
}

Deno.test(needing(["sh"], {
  name:
    "ForkingTCPServer lets a request wait until there are descriptors for a child",
  ignore,
  async fn() {
    await using program = await CrowdedProgram.start({
      ...CHOICE,
      options: ONE_EACH,
      left: 3,
    });
    {
      using first = await program.connect();
      assertEquals(await first.ask("hello"), "hello");
    }
    await program.fill();
    using client = await program.connect();
    const answer = client.ask("at last");
    answer.catch(() => {}); // the program's end tells more
    assertMatch(await program.printed(/^reported/), SHORTAGE);
    await program.free();
    assertEquals(await answer, "at last");
    assertEquals(reports(program), 1);
  },
}));

Deno.test(needing(["sh"], {
  name:
    "ForkingTCPServer gives a request to a child that becomes free while there are no descriptors",
  ignore,
  async fn() {
    await using program = await CrowdedProgram.start({
      ...CHOICE,
      options: { minSpareChildren: 0 },
      left: 3,
    });
    using second = await (async () => {
      using first = await program.connect();
      assertEquals(await first.ask("hello"), "hello");
      await program.fill();
      const second = await program.connect();
      await second.send("my turn");
      assertMatch(await program.printed(/^reported/), SHORTAGE);
      return second;
    })();
    assertEquals(await second.line(), "my turn");
    assertEquals(reports(program), 1);
  },
}));

Deno.test(needing(["sh"], {
  name:
    "ForkingTCPServer.serveForever() waits until there are descriptors for the first child",
  ignore,
  async fn() {
    await using program = await CrowdedProgram.start({
      ...CHOICE,
      full: true,
      left: 2,
    });
    assertMatch(await program.printed(/^reported/), SHORTAGE);
    await program.free();
    using client = await program.connect();
    assertEquals(await client.ask("hello"), "hello");
    assertEquals(reports(program), 1);
  },
}));

Deno.test(needing(["sh"], {
  name:
    "ForkingTCPServer.serverClose() ends while there are no descriptors for the first child",
  ignore,
  async fn() {
    await using program = await CrowdedProgram.start({
      ...CHOICE,
      full: true,
      left: 2,
    });
    assertMatch(await program.printed(/^reported/), SHORTAGE);
    await program.close();
  },
}));

Deno.test(needing(["sh"], {
  name:
    "ForkingTCPServer.serverClose() ends requests that wait for descriptors after drainTimeout",
  ignore,
  async fn() {
    await using program = await CrowdedProgram.start({
      ...CHOICE,
      options: { ...ONE_EACH, drainTimeout: 0.1 },
      left: 3,
    });
    {
      using first = await program.connect();
      assertEquals(await first.ask("hello"), "hello");
    }
    await program.fill();
    using client = await program.connect();
    await client.send("never");
    assertMatch(await program.printed(/^reported/), SHORTAGE);
    await program.close();
    await client.ended();
  },
}));

Deno.test(needing(["sh"], {
  name:
    "ForkingTCPServer answers twice as many clients as it has descriptors, with a child for each",
  ignore,
  async fn() {
    await using program = await CrowdedProgram.start({
      ...CHOICE,
      options: { ...ONE_EACH, maxChildren: 100 },
    });
    const answers = await Promise.all(
      Array.from({ length: 128 }, async (_, i) => {
        using client = await program.connect();
        return await client.ask(`${i}`);
      }),
    );
    assertEquals(answers, Array.from({ length: 128 }, (_, i) => `${i}`));
  },
}));

// The user "root" has as many processes as it likes, whatever its limits, so
// that it has to become somebody else, who may read files all the same.
const isRoot = Deno.build.os === "linux" && Deno.uid() === 0;
const somebody = isRoot
  ? "setpriv --securebits=+no_setuid_fixup --reuid=65534 --inh-caps=+dac_override --ambient-caps=+dac_override"
    .split(" ")
  : [];
const canLimit = Deno.build.os === "linux" &&
  await succeeds([...somebody, "prlimit", "--nproc=1000", "true"]);

async function succeeds([program, ...args]: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program!, { args }).output()).success;
  } catch {
    return false;
  }
}

Deno.test(needing(isRoot ? ["prlimit", "setpriv", "sh"] : ["prlimit", "sh"], {
  name:
    "ForkingTCPServer lets requests wait until the system has processes for them (Linux)",
  ignore: !canLimit,
  async fn() {
    await using program = await CrowdedProgram.start(
      { ...CHOICE, options: ONE_EACH },
      { limit: 1024, wrapper: somebody.join(" ") },
    );
    const limit = async (nproc: string) => {
      const args = [`--pid=${program.pid}`, `--nproc=${nproc}`];
      assert(await succeeds([...somebody, "prlimit", ...args]));
    };
    {
      using first = await program.connect();
      assertEquals(await first.ask("hello"), "hello");
    }
    await limit("1:1000");
    using one = await program.connect();
    using other = await program.connect();
    const answers = Promise.all([one.ask("one"), other.ask("other")]);
    answers.catch(() => {}); // the program's end tells more
    assertMatch(await program.printed(/^reported/), SHORTAGE);
    await limit("1000:1000");
    assertEquals(await answers, ["one", "other"]);
    assertEquals(reports(program), 1);
  },
}));
