import { assertEquals, assertThrows } from "@std/assert";
import { bindAgain } from "../../fixtures/bind_again.ts";
import { ownAddress } from "../../fixtures/own_address.ts";
import { until } from "../../fixtures/until.ts";
import type { Client, StreamClient } from "../clients.ts";
import type { Fixture } from "../fixture.ts";
import { logging } from "../hook_log.ts";
import type { Scenario } from "../scenario.ts";

/** A row of Python's order of hooks: what fails, and what is called then. */
interface Row {
  readonly name: string;
  /** The steps of the handler that fail. */
  readonly failing: string;
  /** What is called between `finishRequest()` and `shutdownRequest()`. */
  readonly steps: string[];
  /** What `handleError()` is given. */
  readonly errors: string[];
  /** Whether a datagram handler sends what has been written. */
  readonly replies: boolean;
}

const ROWS: Row[] = [
  {
    name: "finishRequest() runs setup(), handle() and finish()",
    failing: "",
    steps: ["setup", "handle", "finish"],
    errors: [],
    replies: true,
  },
  {
    name: "handleError() follows finish() if handle() fails",
    failing: "handle",
    steps: ["setup", "handle", "finish", "handleError"],
    errors: ["RangeError: handle failed"],
    replies: true,
  },
  {
    name: "handleError() follows at once if setup() fails",
    failing: "setup",
    steps: ["setup", "handleError"],
    errors: ["RangeError: setup failed"],
    replies: false,
  },
  {
    name: "handleError() follows if finish() fails",
    failing: "finish",
    steps: ["setup", "handle", "finish", "handleError"],
    errors: ["RangeError: finish failed"],
    replies: false,
  },
  {
    name: "handleError() is called once if handle() and finish() fail",
    failing: "handle finish",
    steps: ["setup", "handle", "finish", "handleError"],
    errors: ["SuppressedError: Both handle() and finish() failed"],
    replies: false,
  },
];

/** The order in which a server calls its hooks. */
export const hookOrderScenarios: Scenario[] = [
  ...ROWS.map(inOrder),
  {
    name: "verifyRequest() that returns false shuts the request down once",
    async run(f) {
      const log: string[] = [];
      class Picky extends f.Server {
        override verifyRequest(): boolean {
          return false;
        }
      }
      const Server = logging(Picky, log);
      await using server = new Server(f.address(), f.handlers.LineEcho);
      log.length = 0;
      using client = await f.connect(server);
      await client.send("refused");
      await server.handleRequest();
      await assertReleased(client, f);
      client.close(); // the server drops what it sends until then
      await until(() => server.activeRequests.length === 0);
      assertEquals(log, [
        "getRequest",
        "verifyRequest",
        "handleRefusal",
        "shutdownRequest",
        "closeRequest",
      ]);
    },
  },
  {
    name: "verifyRequest() may refuse asynchronously",
    async run(f) {
      let verdict = false;
      class Picky extends f.Server {
        override verifyRequest(): Promise<boolean> {
          return Promise.resolve(verdict);
        }
      }
      await using server = new Picky(f.address(), f.handlers.LineEcho);
      using client = await f.connect(server);
      await client.send("refused");
      await server.handleRequest();
      await assertReleased(client, f);
      verdict = true;
      using second = await f.connect(server);
      await second.send("accepted");
      await server.handleRequest();
      assertEquals(await second.receive(), "accepted");
    },
  },
  {
    name: "handleTimeout() is the only hook that a timeout calls",
    async run(f) {
      const log: string[] = [];
      const Server = logging(f.Server, log);
      const options = { timeout: 0.001 };
      await using server = new Server(
        f.address(),
        f.handlers.LineEcho,
        options,
      );
      log.length = 0;
      await server.handleRequest();
      // Here getRequest() is the waiting itself; Python calls it afterwards.
      assertEquals(log, ["getRequest", "handleTimeout"]);
    },
  },
  {
    name: "serverBind() and serverActivate() are called by the constructor",
    async run(f) {
      const log: string[] = [];
      const Server = logging(f.Server, log);
      await using _ = new Server(f.address(), f.handlers.LineEcho);
      assertEquals(log, ["serverBind", "serverActivate"]);
    },
  },
  {
    name: "serverActivate() that fails makes the constructor close the socket",
    async run(f) {
      let address: Deno.Addr | undefined;
      const wanted = f.serverClass.addressFamily === "AF_UNIX"
        ? f.address()
        : ownAddress();
      class Failing extends f.Server {
        override serverActivate(): void {
          address = this.serverAddress;
          throw new RangeError("serverActivate failed");
        }
      }
      assertThrows(
        () => new Failing(wanted, f.handlers.LineEcho),
        RangeError,
        "serverActivate failed",
      );
      await using server = await bindAgain(() =>
        new f.Server(address, f.handlers.LineEcho)
      );
      assertEquals(server.serverAddress, address);
    },
  },
  {
    name: "serverBind() that fails leaves no socket behind, 1024 times",
    async run(f) {
      await using taken = new f.Server(f.address(), f.handlers.LineEcho);
      const address = f.serverClass.addressFamily === "AF_UNIX"
        ? { path: `${f.path()}/in/no/folder` }
        : taken.serverAddress;
      const before = openDescriptors();
      for (let i = 0; i < 1024; i++) {
        assertThrows(() => new f.Server(address, f.handlers.LineEcho));
      }
      // Other tests have some for a while; beyond Linux, the system's limit
      // decides.
      await until(() => openDescriptors() - before < 512);
    },
  },
];

function inOrder({ name, failing, steps, errors, replies }: Row): Scenario {
  return {
    name,
    async run(f) {
      const log: string[] = [];
      const Server = logging(f.Server, log);
      const options = { data: log };
      const server = new Server(f.address(), f.handlers.FailingStep, options);
      log.length = 0;
      using client = await f.connect(server);
      await client.send(failing);
      await server.handleRequest();
      const ofHandler = ["setup", "handle", "finish"];
      const written = steps.filter((step) => ofHandler.includes(step));
      const reply = written.map((step) => `${step} `).join("");
      if (f.isStream) {
        assertEquals(await (client as StreamClient).rest(), reply);
      } else if (replies) {
        assertEquals(await client.receive(), reply);
      }
      await server.serverClose();
      const all = [
        "getRequest",
        "verifyRequest",
        "processRequest",
        "finishRequest",
        ...steps,
        "shutdownRequest",
        "closeRequest",
      ];
      // What a handler elsewhere does is not in this log, but in its reply.
      const here = f.serverClass.remote
        ? all.filter((call) => !ofHandler.includes(call))
        : all;
      assertEquals(log, here);
      assertEquals(f.record.take().map(String), errors);
    },
  };
}

/** Asserts that the server has closed its side of a client's connection. */
async function assertReleased(client: Client, f: Fixture): Promise<void> {
  if (f.isStream) await (client as StreamClient).ended();
}

function openDescriptors(): number {
  if (Deno.build.os !== "linux") return 0;
  return [...Deno.readDirSync("/proc/self/fd")].length;
}
