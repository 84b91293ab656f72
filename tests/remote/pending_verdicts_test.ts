import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  ForkingTCPServer,
  ThreadingTCPServer,
} from "@socketserver/socketserver";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { ObedientHandler } from "../fixtures/handlers/obedient_handler.ts";
import { until } from "../fixtures/until.ts";

const LIMIT_MS = 30_000;
const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const CLIENTS = 20;
const MOST = 2;

for (const Server of [ThreadingTCPServer, ForkingTCPServer]) {
  Deno.test(`${Server.name}.maxWaitingRequests counts those that an asynchronous verifyRequest() holds`, async () => {
    const options = { maxWaitingRequests: MOST };
    await using server = new Server(ADDRESS, ObedientHandler, options);
    const record = new ErrorRecord(server);
    const verdicts: PromiseWithResolvers<boolean>[] = [];
    let given = 0;
    let most = 0;
    server.verifyRequest = () => {
      const verdict = Promise.withResolvers<boolean>();
      verdicts.push(verdict);
      most = Math.max(most, verdicts.length - given);
      return verdict.promise;
    };
    await using stack = new AsyncDisposableStack();
    const clients = [];
    for (let i = 0; i < CLIENTS; i++) {
      clients.push(stack.use(new Dialogue(await connectTo(server))));
    }
    const serving = server.serveForever();
    for (const client of clients) {
      await until(() => verdicts.length > given);
      verdicts[given++]!.resolve(true);
      await client.send("hello");
      assertEquals(await client.receive(), "hello");
      await client.send("leave");
      await client.ended();
    }
    await deadline(server.serverClose(), LIMIT_MS);
    await serving;
    assert(most <= MOST, `${most}`);
    assertEquals(record.errors, []);
  });
}
