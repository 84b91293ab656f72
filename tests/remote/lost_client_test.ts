import { assert, assertRejects } from "@std/assert";
import { checkNotLost } from "../../src/remote/lost_client.ts";
import { isFrom } from "../../src/streams/error_origin.ts";
import { ResettingClient } from "../fixtures/clients/resetting_client.ts";

Deno.test("checkNotLost() throws what a reset connection says, as of that connection", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = await ResettingClient.connect(listener.addr);
  using connection = await listener.accept();
  await checkNotLost(connection);
  await client.reset();
  let lost = 0;
  const note = () => lost++;
  const first = await assertRejects(
    () => checkNotLost(connection, note),
    Deno.errors.ConnectionReset,
  );
  const later = await assertRejects(
    () => checkNotLost(connection, note),
    Deno.errors.BrokenPipe,
  );
  assert(lost === 2);
  for (const error of [first, later]) assert(isFrom(error, connection));
});

Deno.test("checkNotLost() lets a client that has closed pass: it may have half-closed", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { hostname, port } = listener.addr;
  const client = await Deno.connect({ hostname, port });
  using connection = await listener.accept();
  client.close();
  await checkNotLost(connection);
});

/** A write of nothing that tells nothing, by its connection. */
const silent: [kind: string, write: () => Promise<number>][] = [
  [
    "has been closed here",
    () => Promise.reject(new Deno.errors.BadResource("closed")),
  ],
  ["does not take a write", () => new Promise(() => {})],
];
for (const [kind, write] of silent) {
  Deno.test(`checkNotLost() lets a connection that ${kind} pass`, async () => {
    await checkNotLost({ write, setNoDelay() {} });
  });
}

Deno.test("checkNotLost() writes to nothing but a connection of TCP", async () => {
  const write = () => {
    throw new Deno.errors.BrokenPipe("not to be asked");
  };
  await checkNotLost({ write }); // as with TLS, or of a Unix socket
  await checkNotLost([new Uint8Array(1), { write, setNoDelay() {} }]);
});
