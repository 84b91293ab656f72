import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  BaseRequestHandler,
  type HandlerServer,
} from "@socketserver/socketserver";

const CLIENT = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;
const SERVER: HandlerServer = {
  serverAddress: CLIENT,
  data: undefined,
  shutdown: () => Promise.resolve(),
  requestSignal: () => new AbortController().signal,
};

type Step = "setup" | "handle" | "finish";

/** Notes the steps, and fails in those that it is told to. */
class StepHandler extends BaseRequestHandler<string> {
  readonly steps: Step[] = [];
  readonly errors: Partial<Record<Step, Error>>;

  constructor(errors: Partial<Record<Step, Error>> = {}) {
    super("request", CLIENT, SERVER);
    this.errors = errors;
  }

  override async setup() {
    await Promise.resolve();
    this.#take("setup");
  }

  override async handle() {
    await Promise.resolve();
    this.#take("handle");
  }

  override async finish() {
    await Promise.resolve();
    this.#take("finish");
  }

  #take(step: Step) {
    this.steps.push(step);
    const error = this.errors[step];
    if (error !== undefined) throw error;
  }
}

Deno.test("BaseRequestHandler holds the request, the client's address and the server", () => {
  const handler = new BaseRequestHandler("request", CLIENT, SERVER);
  assertEquals(handler.request, "request");
  assertStrictEquals(handler.clientAddress, CLIENT);
  assertStrictEquals(handler.server, SERVER);
});

Deno.test("BaseRequestHandler.run() does nothing by itself", async () => {
  await new BaseRequestHandler("request", CLIENT, SERVER).run();
});

Deno.test("BaseRequestHandler.run() calls setup, handle and finish, each after the other has ended", async () => {
  const handler = new StepHandler();
  await handler.run();
  assertEquals(handler.steps, ["setup", "handle", "finish"]);
});

Deno.test("BaseRequestHandler.run() calls neither handle nor finish if setup throws", async () => {
  const handler = new StepHandler({ setup: new Error("no setup") });
  await assertRejects(() => handler.run(), Error, "no setup");
  assertEquals(handler.steps, ["setup"]);
});

Deno.test("BaseRequestHandler.run() calls finish if handle rejects, and rejects as handle does", async () => {
  const handler = new StepHandler({ handle: new Error("no handle") });
  await assertRejects(() => handler.run(), Error, "no handle");
  assertEquals(handler.steps, ["setup", "handle", "finish"]);
});

Deno.test("BaseRequestHandler.run() rejects as finish does", async () => {
  const handler = new StepHandler({ finish: new Error("no finish") });
  await assertRejects(() => handler.run(), Error, "no finish");
});

Deno.test("BaseRequestHandler.run() rejects with both errors if handle and finish reject", async () => {
  const handle = new Error("no handle");
  const finish = new Error("no finish");
  const handler = new StepHandler({ handle, finish });
  const error = await assertRejects(
    () => handler.run(),
    SuppressedError,
    "Both handle() and finish() failed",
  );
  assertStrictEquals(error.error, finish);
  assertStrictEquals(error.suppressed, handle);
});
