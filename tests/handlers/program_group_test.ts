import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  AsyncTCPServer,
  ForkingTCPServer,
  ThreadingTCPServer,
} from "@socketserver/socketserver";
import { BackgroundProgram } from "../fixtures/background_program.ts";
import { BackgroundProgramHandler } from "../fixtures/handlers/background_program_handler.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { ForkingProcess } from "../fixtures/forking_process.ts";
import { needing, type Program } from "../fixtures/installed_program.ts";
import { until } from "../fixtures/until.ts";
import { WaitingTests } from "../fixtures/waiting_tests.ts";

// What a program of CommandRequestHandler's has started ends with its request,
// wherever the handler runs and however its server ends.

const LIMIT_MS = 20_000;
const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const SERVERS = [AsyncTCPServer, ThreadingTCPServer, ForkingTCPServer];
const PERMISSIONS = { run: [BackgroundProgramHandler.path, "sh"] };
const NEEDED: Program[] = ["mkfifo", "sh", "sleep"];
const PROGRAM = new URL(
  "../fixtures/programs/background_server.ts",
  import.meta.url,
);
const isWindows = Deno.build.os === "windows";

interface Options {
  readonly drainTimeout?: number;
  readonly daemonThreads?: boolean;
  readonly permissions?: { readonly run: string[] };
}

/** Serves here. */
function serve(Server: typeof SERVERS[number], options: Options = {}) {
  const server = new Server(ADDRESS, BackgroundProgramHandler, {
    drainTimeout: 0.1,
    permissions: PERMISSIONS,
    ...options,
  });
  const record = new ErrorRecord(server);
  const serving = server.serveForever();
  return {
    record,
    address: server.serverAddress,
    async close() {
      await deadline(server.serverClose(), LIMIT_MS);
      await deadline(serving, LIMIT_MS);
    },
    async [Symbol.asyncDispose]() {
      await this.close();
    },
  };
}

/** Serves in a program of its own. */
async function serveElsewhere(name: string, options: unknown = {}) {
  const process = new ForkingProcess(
    [name, JSON.stringify({ permissions: PERMISSIONS, ...options as object })],
    { program: PROGRAM },
  );
  return { process, address: JSON.parse((await process.line())!) };
}

const waiting = new WaitingTests(
  "CommandRequestHandler, with its graces",
);

for (const Server of SERVERS) {
  const { name } = Server;

  Deno.test(needing(NEEDED, {
    name: `${name} ends what a program has started when its client resets`,
    ignore: isWindows,
    async fn() {
      await using server = serve(Server);
      await using program = await BackgroundProgram.start(server.address);
      await program.reset();
      assertEquals(await program.line(), undefined);
      await server.record.nth(1);
    },
  }));

  Deno.test(needing(NEEDED, {
    name: `${name} ends what a program has left behind`,
    ignore: isWindows,
    async fn() {
      await using server = serve(Server);
      await using program = await BackgroundProgram.start(server.address, {
        rest: "exit",
      });
      assertEquals(await program.line(), undefined);
      assertEquals(server.record.errors, []);
    },
  }));

  Deno.test(needing(NEEDED, {
    name: `${name}.serverClose() ends what a program has started`,
    ignore: isWindows,
    async fn() {
      const server = serve(Server);
      await using program = await BackgroundProgram.start(server.address);
      await server.close();
      assertEquals(await program.line(), undefined);
    },
  }));

  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    Deno.test(needing(NEEDED, {
      name: `${name} ends what a program has started when it gets ${signal}`,
      ignore: isWindows,
      async fn() {
        const { process, address } = await serveElsewhere(name);
        await using _ended = process;
        await using program = await BackgroundProgram.start(address);
        process.kill(signal);
        await process.ended();
        assertEquals(await program.line(), undefined);
      },
    }));
  }
}

Deno.test(needing(NEEDED, {
  name:
    "ThreadingTCPServer.serverClose() ends daemonThreads with what their programs have started",
  ignore: isWindows,
  async fn() {
    const server = serve(ThreadingTCPServer, { daemonThreads: true });
    await using program = await BackgroundProgram.start(server.address);
    await server.close();
    assertEquals(await program.line(), undefined);
  },
}));

waiting.test(needing(NEEDED, {
  name: "ForkingTCPServer's requestTimeout ends what a program has started",
  ignore: isWindows,
  async fn() {
    const { process, address } = await serveElsewhere("ForkingTCPServer", {
      requestTimeout: 5, // within which the program must have started
    });
    await using _ended = process;
    await using program = await BackgroundProgram.start(address);
    assertEquals(await program.line(), undefined);
  },
}));

Deno.test(needing(NEEDED, {
  name: "CommandRequestHandler ends what a program has started politely",
  ignore: isWindows,
  async fn() {
    await using server = serve(AsyncTCPServer);
    await using program = await BackgroundProgram.start(server.address, {
      background:
        'trap "echo bye >&3; exit" TERM; echo ready >&3; while :; do sleep 1; done',
    });
    assertEquals(await program.line(), "ready");
    await program.reset();
    assertEquals(await program.line(), "bye");
    assertEquals(await program.line(), undefined);
  },
}));

for (const rest of ["wait", "exit"]) {
  waiting.test(needing(NEEDED, {
    name:
      `CommandRequestHandler kills what a program has started and what ignores SIGTERM (${rest})`,
    ignore: isWindows,
    async fn() {
      await using server = serve(AsyncTCPServer);
      await using program = await BackgroundProgram.start(server.address, {
        background: 'trap "" TERM; echo ready >&3; exec sleep 1000',
        rest: `read -r ready; ${rest}`,
      });
      assertEquals(await program.line(), "ready");
      await program.send("ready");
      if (rest === "wait") await program.reset();
      assertEquals(await program.line(), undefined);
    },
  }));
}

Deno.test(needing([...NEEDED, "setsid"], {
  name:
    "CommandRequestHandler leaves a daemon alone that has made its own session",
  ignore: isWindows,
  async fn() {
    const server = serve(AsyncTCPServer, { drainTimeout: 20 });
    await using program = await BackgroundProgram.start(server.address, {
      background: 'exec setsid sh -c "echo ready >&3; exec sleep 1000"',
    });
    assertEquals(await program.line(), "ready");
    await program.reset();
    await server.close();
    assert(program.kill());
  },
}));

Deno.test(needing([...NEEDED, "setsid"], {
  name:
    "CommandRequestHandler.handle() lets go of an output that a daemon holds",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using server = serve(AsyncTCPServer, { drainTimeout: 20 });
    await using program = await BackgroundProgram.start(server.address, {
      rest: 'exec 3>"$path"; setsid sleep 1000 & echo $! >&3; wait',
    });
    const daemon = Number(await program.line());
    const output = Deno.readLinkSync(`/proc/${daemon}/fd/1`);
    assert(isOpenHere(output));
    await program.reset();
    await until(() => !isOpenHere(output));
    Deno.kill(daemon, "SIGKILL"); // throws if it is not there
  },
}));

/** Whether this process has a file open, whatever its descriptor. */
function isOpenHere(link: string): boolean {
  const descriptors = [...Deno.readDirSync("/proc/self/fd")];
  return descriptors.some(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${name}`) === link;
    } catch {
      return false; // it has been closed meanwhile
    }
  });
}

waiting.test(needing(NEEDED, {
  name:
    "CommandRequestHandler ends the program alone where the permissions lack sh",
  ignore: isWindows,
  async fn() {
    await using server = serve(ForkingTCPServer, {
      permissions: { run: [BackgroundProgramHandler.path] },
      drainTimeout: 20,
    });
    await using program = await BackgroundProgram.start(server.address);
    await program.reset();
    await server.record.nth(1);
    await server.close();
    assert(program.kill());
  },
}));
