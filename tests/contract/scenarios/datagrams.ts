import { NoReplyAddressError } from "@socketserver/socketserver";
import { assertEquals, assertInstanceOf } from "@std/assert";
import { ChoosyDatagramHandler } from "../../fixtures/handlers/choosy_datagram_handler.ts";
import { DatagramCopyHandler } from "../../fixtures/handlers/datagram_copy_handler.ts";
import { SeveralRepliesHandler } from "../../fixtures/handlers/several_replies_handler.ts";
import { holding } from "../held_requests.ts";
import { python } from "../../fixtures/clients/python.ts";
import type { Scenario } from "../scenario.ts";

/** What only datagrams can do. */
const aboutDatagrams: Scenario[] = [
  {
    name: "wfile sends nothing if nothing was written",
    async run(f) {
      await using server = new f.Server(f.address(), ChoosyDatagramHandler);
      const serving = server.serveForever();
      using client = f.connectDatagram(server);
      await client.send("silence");
      await client.send("speech");
      assertEquals(await client.receive(), "speech");
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "request[1] sends any number of replies, wfile one",
    async run(f) {
      await using server = new f.Server(f.address(), SeveralRepliesHandler);
      const serving = server.serveForever();
      using client = f.connectDatagram(server);
      await client.send("3");
      for (const reply of ["reply 1", "reply 2", "reply 3", "the last"]) {
        assertEquals(await client.receive(), reply);
      }
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "getRequest() receives 60000 bytes whole",
    async run(f) {
      await using server = new f.Server(f.address(), DatagramCopyHandler);
      const serving = server.serveForever();
      using client = f.connectDatagram(server);
      const bytes = new Uint8Array(60_000).map((_, i) => i * 31 % 251);
      await client.sendBytes(bytes);
      assertEquals(await client.receiveBytes(), bytes);
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "maxPacketSize cuts what is longer",
    async run(f) {
      const options = { maxPacketSize: 4 };
      await using server = new f.Server(
        f.address(),
        DatagramCopyHandler,
        options,
      );
      const serving = server.serveForever();
      using client = f.connectDatagram(server);
      await client.sendBytes(new Uint8Array([1, 2, 3, 4, 5]));
      assertEquals(
        await client.receiveBytes(),
        new Uint8Array([1, 2, 3, 4]),
      );
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "maxPacketSize may be set later",
    async run(f) {
      await using server = new f.Server(f.address(), DatagramCopyHandler);
      using client = f.connectDatagram(server);
      const bytes = new Uint8Array([1, 2, 3]);
      await client.sendBytes(bytes);
      await server.handleRequest();
      assertEquals(await client.receiveBytes(), bytes);
      (server as typeof server & { maxPacketSize: number }).maxPacketSize = 2;
      await client.sendBytes(bytes);
      await server.handleRequest();
      assertEquals(await client.receiveBytes(), bytes.subarray(0, 2));
    },
  },
  {
    name: "getRequest() takes an empty datagram like any other",
    async run(f) {
      await using server = new f.Server(f.address(), DatagramCopyHandler);
      const serving = server.serveForever();
      using client = f.connectDatagram(server);
      await client.sendBytes(new Uint8Array(0));
      assertEquals(await client.receiveBytes(), new Uint8Array(0));
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "getRequest() gives each handler bytes of its own",
    needs: { concurrent: true },
    async run(f) {
      const { Server, held, release } = holding(f.Server);
      await using server = new Server(f.address(), DatagramCopyHandler);
      using first = f.connectDatagram(server);
      using second = f.connectDatagram(server);
      await first.sendBytes(new Uint8Array([1, 1, 1]));
      await server.handleRequest();
      await held;
      await second.sendBytes(new Uint8Array([2, 2, 2]));
      await server.handleRequest();
      release();
      assertEquals(await first.receiveBytes(), new Uint8Array([1, 1, 1]));
      assertEquals(await second.receiveBytes(), new Uint8Array([2, 2, 2]));
    },
  },
  {
    name: "request[1] sends while the server waits for the next datagram",
    needs: { concurrent: true },
    async run(f) {
      const { Server, held, release } = holding(f.Server);
      await using server = new Server(f.address(), DatagramCopyHandler);
      const serving = server.serveForever();
      const clients = Array.from(
        { length: 10 },
        () => f.connectDatagram(server),
      );
      for (const [i, client] of clients.entries()) {
        await client.sendBytes(new Uint8Array([i]));
      }
      await held;
      release();
      for (const [i, client] of clients.entries()) {
        assertEquals(await client.receiveBytes(), new Uint8Array([i]));
      }
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "serveForever() goes on when a reply cannot be delivered",
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.LineEcho);
      const gone = f.connectDatagram(server);
      await gone.send("into the void");
      gone.close();
      if (f.serverClass.addressFamily === "AF_UNIX") {
        await Deno.remove((gone.address as Deno.UnixAddr).path);
      }
      const serving = server.serveForever();
      assertEquals(await f.ask(server, "alive"), "alive");
      await server.serverClose();
      await serving;
      // All is over now. A Unix path says that nobody is there; on UDP the
      // sender may not hear.
      const [error, ...more] = f.record.take();
      if (f.serverClass.addressFamily === "AF_UNIX") {
        assertInstanceOf(error, Deno.errors.NotFound);
      }
      assertEquals(more, []);
    },
  },
];

/** What only Unix datagrams can do. */
const aboutUnixDatagrams: Scenario[] = [
  {
    name: "wfile cannot answer a client without an address",
    program: "python3",
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      await python("unnamed_unix_client.py", server.serverAddress.path, "who?");
      assertInstanceOf(await f.record.nth(1), NoReplyAddressError);
      f.record.take();
      assertEquals(await f.ask(server, "alive"), "alive");
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "request[1] cannot answer a client without an address",
    program: "python3",
    async run(f) {
      await using server = new f.Server(f.address(), DatagramCopyHandler);
      const serving = server.serveForever();
      await python("unnamed_unix_client.py", server.serverAddress.path, "who?");
      assertInstanceOf(await f.record.nth(1), NoReplyAddressError);
      f.record.take();
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "wfile answers a client that has connected its socket",
    program: "python3",
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      const { path } = server.serverAddress;
      const script = "connected_unix_client.py";
      const printed = await python(script, path, f.path(), "connected");
      assertEquals(printed, "connected\n");
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "request[1] answers a client that has connected its socket, later",
    needs: { concurrent: true },
    program: "python3",
    async run(f) {
      const { Server, held, release } = holding(f.Server);
      await using server = new Server(f.address(), DatagramCopyHandler);
      const serving = server.serveForever();
      const { path } = server.serverAddress;
      const script = "connected_unix_client.py";
      const printed = python(script, path, f.path(), "connected");
      await held;
      release();
      assertEquals(await printed, "connected\n");
      await server.shutdown();
      await serving;
    },
  },
];

/** The same, for the classes that can. */
export const datagramScenarios: Scenario[] = [
  ...aboutDatagrams.map((scenario): Scenario => ({
    ...scenario,
    needs: { ...scenario.needs, socketType: "SOCK_DGRAM" },
  })),
  ...aboutUnixDatagrams.map((scenario): Scenario => ({
    ...scenario,
    needs: {
      ...scenario.needs,
      socketType: "SOCK_DGRAM",
      addressFamily: "AF_UNIX",
    },
  })),
];
