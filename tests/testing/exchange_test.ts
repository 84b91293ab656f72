import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  BaseRequestHandler,
  LineTooLongError,
  type StreamRequest,
  StreamRequestHandler,
} from "@socketserver/socketserver";
import { exchange } from "@socketserver/socketserver/testing";

class EchoHandler extends StreamRequestHandler {
  override async handle() {
    await this.rfile.pipeTo(this.wfile);
  }
}

Deno.test("exchange() returns text for text, and bytes for bytes", async () => {
  assertEquals(await exchange(EchoHandler, "straße"), "straße");
  const bytes = new Uint8Array([0, 255, 128]);
  assertEquals(await exchange(EchoHandler, bytes), bytes);
  assertEquals(await exchange(EchoHandler), "");
});

for (const chunkSize of [1, 7, 65_536, Infinity]) {
  Deno.test(`exchange() gives and takes bytes in pieces of ${chunkSize}`, async () => {
    let [mostRead, mostWritten] = [0, 0];
    const megabyte = new Uint8Array(chunkSize === 1 ? 10_000 : 1 << 20)
      .map((_, i) => i * 31 >> 3);
    const answer = await exchange(
      async (request) => {
        const buffer = new Uint8Array(100_000);
        for (let count; (count = await request.read(buffer)) !== null;) {
          mostRead = Math.max(mostRead, count);
          for (let sent = 0; sent < count;) {
            const taken = await request.write(buffer.subarray(sent, count));
            mostWritten = Math.max(mostWritten, taken);
            sent += taken;
          }
        }
      },
      megabyte,
      { chunkSize },
    );
    assertEquals(answer, megabyte);
    const most = Math.min(chunkSize, 100_000);
    assertEquals([mostRead, mostWritten], [most, most]);
  });
}

// What the checker says of this is the test: nothing of it runs.
export async function _answersAreOfTheTypeOfTheInput(
  input: string | Uint8Array,
): Promise<void> {
  const text: string = await exchange(EchoHandler, "text");
  const none: string = await exchange(EchoHandler);
  const bytes: Uint8Array<ArrayBuffer> = await exchange(
    EchoHandler,
    new Uint8Array(1),
  );
  const either: string | Uint8Array = await exchange(EchoHandler, input);
  // @ts-expect-error -- it may be bytes
  const _wrong: string = await exchange(EchoHandler, input);
  void [text, none, bytes, either];
}

Deno.test("exchange() takes a function, and one that returns a handler", async () => {
  const encoder = new TextEncoder();
  const answer = await exchange(
    async (request, _address, server) => {
      await request.write(encoder.encode(`${server.data}`));
    },
    "",
    { data: 42 },
  );
  assertEquals(answer, "42");
  class Handler extends EchoHandler {
    readonly greeting: string;
    constructor(
      greeting: string,
      ...args: ConstructorParameters<typeof EchoHandler>
    ) {
      super(...args);
      this.greeting = greeting;
    }
    override async handle() {
      await this.wfile.write(
        `${this.greeting}, ${await this.rfile.readLine()}`,
      );
    }
  }
  const greet = (
    ...[request, address, server]: ConstructorParameters<
      typeof EchoHandler
    >
  ) => new Handler("hello", request, address, server);
  assertEquals(await exchange(greet, "Ada"), "hello, Ada");
});

Deno.test("exchange() rejects with what the handler throws, in whichever step", async () => {
  for (const step of ["setup", "handle", "finish"] as const) {
    class FailingHandler extends BaseRequestHandler<StreamRequest> {}
    FailingHandler.prototype[step] = () => {
      throw new RangeError(`no ${step}`);
    };
    await assertRejects(
      () => exchange(FailingHandler, "text"),
      RangeError,
      `no ${step}`,
    );
  }
  class ShortLinesHandler extends StreamRequestHandler {
    override async handle() {
      this.rfile.maxLineLength = 3;
      await this.rfile.readLine();
    }
  }
  await assertRejects(
    () => exchange(ShortLinesHandler, "four\n"),
    LineTooLongError,
  );
});

Deno.test("exchange() gives handleError the handler's error, and returns what was written before", async () => {
  const error = new Error("failed");
  const errors: unknown[] = [];
  class FailingHandler extends StreamRequestHandler {
    override async handle() {
      await this.wfile.write("so far");
      throw error;
    }
  }
  const handleError = (error: unknown) => errors.push(error);
  const answer = await exchange(FailingHandler, "", { handleError });
  assertEquals(answer, "so far");
  assertStrictEquals(errors.pop(), error);
  assertEquals(await exchange(EchoHandler, "text", { handleError }), "text");
  assertEquals(errors, []);
  await assertRejects(
    () =>
      exchange(FailingHandler, "", {
        handleError: () => Promise.reject(new RangeError("another")),
      }),
    RangeError,
    "another",
  );
});

Deno.test("exchange() does not give handleError its own timeout", async () => {
  const errors: unknown[] = [];
  class HeldUpHandler extends StreamRequestHandler {
    override async handle() {
      await this.wfile.write("more");
      await this.rfile.readLine();
      await new Promise((_, reject) =>
        this.signal.addEventListener("abort", () => reject(this.signal.reason))
      );
    }
  }
  const handleError = (error: unknown) => errors.push(error);
  await assertRejects(
    () => exchange(HeldUpHandler, "", { handleError, timeout: 0.01 }),
    Deno.errors.TimedOut,
  );
  assertEquals(errors, []);
});

Deno.test("exchange() tells the handler where the client and the server are", async () => {
  const asked: unknown[] = [];
  const handler = (
    { remoteAddr, localAddr, setNoDelay }: StreamRequest,
    clientAddress: Deno.Addr,
    { serverAddress }: { serverAddress: Deno.Addr },
  ) => {
    asked.push(remoteAddr, clientAddress, localAddr, serverAddress);
    asked.push(typeof setNoDelay);
  };
  const transport = "tcp";
  const hostname = "127.0.0.1";
  const [client, server] = [
    { transport, hostname, port: 50_000 },
    { transport, hostname, port: 8000 },
  ];
  await exchange(handler);
  const kind = "function";
  assertEquals(asked.splice(0), [client, client, server, server, kind]);
  const unix = { transport: "unix", path: "/run/a" } as const;
  await exchange(handler, "", { clientAddress: unix });
  const own = { transport: "unix", path: "/run/test.sock" } as const;
  assertEquals(asked.splice(0), [unix, unix, own, own, "undefined"]);
  await exchange(handler, "", { clientAddress: unix, serverAddress: unix });
  assertEquals(asked.splice(0), [unix, unix, unix, unix, "undefined"]);
});

Deno.test("exchange() tells the handler what TLS has agreed on, where it is to", async () => {
  const asked: unknown[] = [];
  const handler = ({ tls }: StreamRequest) => {
    asked.push(tls);
  };
  await exchange(handler);
  await exchange(handler, "", { tls: {} });
  await exchange(handler, "", { tls: { alpnProtocol: "echo/1" } });
  const nothing = {
    alpnProtocol: null,
    serverName: null,
    peerCertificate: null,
  };
  const agreed = { ...nothing, alpnProtocol: "echo/1" };
  assertEquals(asked, [undefined, nothing, agreed]);
});

Deno.test("exchange() rejects when a handler hangs, and says what it waits for", async () => {
  class HangingHandler extends StreamRequestHandler {
    override handle() {
      return new Promise<void>(() => {});
    }
  }
  await assertRejects(
    () => exchange(HangingHandler, "", { timeout: 0.01 }),
    Deno.errors.TimedOut,
    "within the timeout as the handler waits neither for input nor for the client to read: current value is 0.01 seconds",
  );
});

Deno.test("exchange() rejects although a handler reads, or writes, for ever", async () => {
  class ReadingHandler extends StreamRequestHandler {
    override async handle() {
      while (await this.request.read(new Uint8Array(1)) === null);
    }
  }
  class WritingHandler extends StreamRequestHandler {
    override async handle() {
      for (;;) await this.wfile.write("more");
    }
  }
  const options = { timeout: 0.01, highWaterMark: 1000 };
  for (const handler of [ReadingHandler, WritingHandler]) {
    await assertRejects(
      () => exchange(handler, "", options),
      Deno.errors.TimedOut,
    );
  }
});

Deno.test("exchange() refuses what it cannot use", async () => {
  const wrong: [() => Promise<unknown>, typeof Error, string][] = [
    [
      () => exchange("handler" as never),
      TypeError,
      'Cannot test the handler as it must be a handler class or a function: current value is "handler"',
    ],
    [
      () => exchange(EchoHandler, "", { chunkSize: 0 }),
      RangeError,
      "Cannot test the handler as chunkSize must be an integer of at least 1",
    ],
    [
      () => exchange(EchoHandler, "", { timeout: "1" as never }),
      TypeError,
      "timeout must be a number of seconds or null",
    ],
    [
      () => exchange(EchoHandler, "", { tls: true as never }),
      TypeError,
      "Cannot test the handler as tls must be an object: current value is true",
    ],
    [
      () => exchange(EchoHandler, "", { server: {}, data: 1 }),
      TypeError,
      "data must be left out where server is given, which has its own",
    ],
    [
      () => exchange(EchoHandler, "", { handleError: 1 as never }),
      TypeError,
      "Cannot test the handler as handleError must be a function: current value is 1",
    ],
    [() => exchange(EchoHandler, 5 as never), TypeError, "data must be bytes"],
  ];
  for (const [call, ErrorClass, message] of wrong) {
    await assertRejects(call, ErrorClass, message);
  }
});
