import { assert, assertEquals } from "@std/assert";
import { RequestReader } from "@socketserver/socketserver";
import { ChildProgram } from "../fixtures/child_program.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { serverClasses } from "../contract/server_classes.ts";

const CLIENTS = 60;
/** How many answers there are before the signal, and for each client after it. */
const BEFORE = 300;
const AFTER = 20;
const LINE = new TextEncoder().encode("a line\n");

/** Clients that ask again as soon as they have been answered. */
class ClosedLoop {
  readonly #address: Deno.ConnectOptions;
  readonly #warm = Promise.withResolvers<void>();
  /** Connections on which a line was sent. */
  asked = 0;
  answered = 0;
  #stopping = false;

  constructor(address: Deno.ConnectOptions) {
    this.#address = address;
  }

  /** Resolves when the server has answered for a while. */
  get warm(): Promise<void> {
    return this.#warm.promise;
  }

  stop(): void {
    this.#stopping = true;
  }

  /** One line and close, until the server takes no more. */
  async oneLineEach(): Promise<void> {
    for (;;) {
      let connection;
      try {
        connection = await Deno.connect(this.#address);
      } catch {
        return; // nobody listens any more
      }
      using _connection = connection;
      if (!await this.#ask(connection, new RequestReader(connection))) return;
    }
  }

  /** All lines on one connection, until it has had enough after the signal. */
  async keptOpen(): Promise<void> {
    using connection = await Deno.connect(this.#address);
    const reader = new RequestReader(connection);
    for (let left = AFTER; left > 0;) {
      if (!await this.#ask(connection, reader)) return;
      if (this.#stopping) left--;
    }
  }

  async #ask(connection: Deno.Conn, reader: RequestReader): Promise<boolean> {
    try {
      await connection.write(LINE);
      this.asked++;
      if (await reader.readLine() !== "a line") return false;
    } catch {
      return false; // it was reset
    }
    if (++this.answered === BEFORE) this.#warm.resolve();
    return true;
  }
}

const streamClasses = Object.values(serverClasses).flat().filter(
  ({ socketType }) => socketType === "SOCK_STREAM",
);

for (const { name, addressFamily, concurrent } of streamClasses) {
  Deno.test({
    name: `${name} answers every client that it was given before SIGTERM`,
    ignore: Deno.build.os === "windows",
    async fn() {
      using folder = new TemporaryFolder();
      const path = addressFamily === "AF_UNIX" ? [`${folder.path}/s`] : [];
      await using child = ChildProgram.fixture(
        "terminated_server.ts",
        name,
        "one",
        ...path,
      );
      const loop = new ClosedLoop(JSON.parse((await child.line())!));
      const clients = Array.from({ length: CLIENTS }, () => loop.oneLineEach());
      await loop.warm;
      child.kill("SIGTERM");
      await Promise.all(clients);
      const given = Number(await child.line());
      // A plain server may be given one more as it stops, and hangs up.
      const most = concurrent ? 0 : 1;
      assert(given - loop.answered <= most, `${loop.answered} of ${given}`);
    },
  });

  if (!concurrent) continue; // a plain server has one connection at a time
  Deno.test({
    name: `${name} answers every line on connections that outlast SIGTERM`,
    ignore: Deno.build.os === "windows",
    async fn() {
      using folder = new TemporaryFolder();
      const path = addressFamily === "AF_UNIX" ? [`${folder.path}/s`] : [];
      await using child = ChildProgram.fixture(
        "terminated_server.ts",
        name,
        "all",
        ...path,
      );
      const loop = new ClosedLoop(JSON.parse((await child.line())!));
      const clients = Array.from({ length: CLIENTS }, () => loop.keptOpen());
      await loop.warm;
      child.kill("SIGTERM");
      loop.stop();
      await Promise.all(clients);
      assertEquals(loop.answered, loop.asked);
    },
  });
}
