import {
  type AnyServer,
  StreamRequestHandler,
} from "@socketserver/socketserver";
import { assertEquals, assertInstanceOf } from "@std/assert";
import { LargeReplyHandler } from "../../fixtures/handlers/large_reply_handler.ts";
import { PipeEchoHandler } from "../../fixtures/handlers/pipe_echo_handler.ts";
import { PromptHandler } from "../../fixtures/handlers/prompt_handler.ts";
import { TolerantHandler } from "../../fixtures/handlers/tolerant_handler.ts";
import type { Scenario } from "../scenario.ts";

/** What only connections can do. */
const aboutStreams: Scenario[] = [
  {
    name: "rfile and wfile are streams of the platform",
    handlerAtHome:
      "it inspects the stream objects, which stay with the handler",
    async run(f) {
      const seen: unknown[] = [];
      class StreamHandler extends StreamRequestHandler {
        override handle() {
          seen.push(this.rfile, this.wfile, this.connection === this.request);
        }
      }
      const server = new f.Server(f.address(), StreamHandler);
      using _ = await f.connect(server);
      await server.handleRequest();
      await server.serverClose();
      assertInstanceOf(seen[0], ReadableStream);
      assertInstanceOf(seen[1], WritableStream);
      assertEquals(seen[2], true);
    },
  },
  {
    name: "wfile.write() sends at once and resolves to the number of bytes",
    async run(f) {
      await using server = new f.Server(f.address(), PromptHandler);
      const handled = server.handleRequest();
      using client = await f.connectStream(server);
      assertEquals(await client.receive(), "naïve?");
      await client.send("go on");
      assertEquals(await client.receive(), "8");
      await handled;
    },
  },
  {
    name: "wfile.write() sends all of a very large reply",
    async run(f) {
      await using server = new f.Server(f.address(), LargeReplyHandler);
      const handled = server.handleRequest();
      using client = await f.connectStream(server);
      const size = 16 * 1024 * 1024;
      await client.send(`${size}`);
      const reply = await client.rest();
      await handled;
      assertEquals(reply.indexOf("\n"), size);
      assertEquals(reply.slice(size), `\n${size}\n`);
    },
  },
  {
    name: "wfile.write() answers a client that has half-closed",
    async run(f) {
      await using server = new f.Server(f.address(), PipeEchoHandler);
      using client = await f.connectStream(server);
      await client.send("the question");
      await client.connection.closeWrite();
      const handled = server.handleRequest();
      assertEquals(await client.rest(), "the question\n");
      await handled;
    },
  },
  {
    name: "rfile.readLine() goes on after a line that was too long",
    async run(f) {
      await using server = new f.Server(f.address(), TolerantHandler);
      using client = await f.connectStream(server);
      const handled = server.handleRequest();
      await client.send("x".repeat(200_000));
      assertEquals(await client.receive(), "too long");
      await client.send("short");
      assertEquals(await client.receive(), "short");
      await client.connection.closeWrite();
      assertEquals(await client.rest(), "the end\n");
      await handled;
    },
  },
  {
    name: "shutdownRequest() ends the connection after the last byte",
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.LineEcho);
      using client = await f.connectStream(server);
      await client.send("one line and no more");
      const handled = server.handleRequest();
      assertEquals(await client.rest(), "one line and no more\n");
      await handled;
    },
  },
  {
    name: "serverClose() closes requests that last longer than drainTimeout",
    needs: { concurrent: true },
    async run(f) {
      const server: AnyServer = new f.Server(f.address(), PipeEchoHandler, {
        drainTimeout: 0.01,
      });
      using client = await f.connectStream(server);
      await client.send("hello");
      await server.handleRequest();
      assertEquals(await client.receive(), "hello");
      await server.serverClose();
      assertEquals(await client.rest(), "");
      // How the handler learns of it.
      assertInstanceOf(await f.record.nth(1), Error);
      f.record.take();
    },
  },
];

/** The same, for the classes that can. */
export const streamScenarios: Scenario[] = aboutStreams.map((scenario) => ({
  ...scenario,
  needs: { ...scenario.needs, socketType: "SOCK_STREAM" },
}));
