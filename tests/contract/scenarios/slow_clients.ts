import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { python } from "../../fixtures/clients/python.ts";
import { DatagramCopyHandler } from "../../fixtures/handlers/datagram_copy_handler.ts";
import type { Fixture } from "../fixture.ts";
import type { Scenario } from "../scenario.ts";

/** Linux has a client hold 11 datagrams that it has not read. */
const MORE_THAN_IT_HOLDS = 30;
/** How long a server may take to be closed, whoever reads nothing. */
const CLOSING_MS = 15_000;

/**
 * One that has asked for more than it can hold, and reads nothing. The fixture
 * closes it, after the server.
 */
async function deafClient(f: Fixture, server: InstanceType<Fixture["Server"]>) {
  const client = f.connectDatagram(server);
  for (let i = 0; i < MORE_THAN_IT_HOLDS; i++) {
    await client.sendBytes(new Uint8Array([i]));
  }
  return client;
}

/** What a client of Unix datagrams does that is slow to read, or never reads. */
const aboutUnixDatagrams: Scenario[] = [
  {
    name: "serveForever() serves others while a client reads nothing",
    async run(f) {
      await using server = new f.Server(f.address(), DatagramCopyHandler);
      const serving = server.serveForever();
      await deafClient(f, server);
      assertEquals(await f.ask(server, "alive"), "alive");
      assertEquals(await f.ask(server, "still alive"), "still alive");
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "request[1] has replies wait until a client reads them",
    async run(f) {
      await using server = new f.Server(f.address(), DatagramCopyHandler);
      const serving = server.serveForever();
      using client = await deafClient(f, server);
      const heard = new Set<number>();
      for (let i = 0; i < MORE_THAN_IT_HOLDS; i++) {
        heard.add((await client.receiveBytes())[0]!);
      }
      assertEquals(heard.size, MORE_THAN_IT_HOLDS);
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "serverClose() does not wait for a client that reads nothing",
    async run(f) {
      for (const options of [{}, { drainTimeout: 0.1 }]) {
        const server = new f.Server(f.address(), DatagramCopyHandler, options);
        const serving = server.serveForever();
        await deafClient(f, server);
        assertEquals(await f.ask(server, "alive"), "alive");
        await deadline(server.serverClose(), CLOSING_MS);
        await serving;
      }
    },
  },
  {
    name: "request[1] sends a connected client more than it reads",
    program: "python3",
    async run(f) {
      await using server = new f.Server(f.address(), DatagramCopyHandler);
      const serving = server.serveForever();
      const { path } = server.serverAddress;
      const count = String(MORE_THAN_IT_HOLDS);
      const script = "deaf_unix_client.py";
      const client = python(script, path, f.path(), count, "later");
      assertEquals(await client, `sent ${count}, read ${count}\n`);
      await server.shutdown();
      await serving;
    },
  },
];

/** The same, for the classes that can. */
export const slowClientScenarios: Scenario[] = aboutUnixDatagrams.map((
  scenario,
) => ({
  ...scenario,
  needs: { socketType: "SOCK_DGRAM", addressFamily: "AF_UNIX" },
}));
