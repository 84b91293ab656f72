import { assertEquals, assertRejects } from "@std/assert";
import { endWhereReset } from "../../src/listeners/end_where_reset.ts";

/** Stands in for a connection of which each call fails. */
function failing(error: Error): Deno.Conn {
  const connection: Partial<Deno.Conn> = {
    read: () => Promise.reject(error),
    write: () => Promise.reject(error),
  };
  endWhereReset(connection as Deno.Conn);
  return connection as Deno.Conn;
}

Deno.test("endWhereReset() has a read end, and a write of nothing succeed", async () => {
  const connection = failing(new Deno.errors.ConnectionReset());
  assertEquals(await connection.read(new Uint8Array(1)), null);
  assertEquals(await connection.write(new Uint8Array()), 0);
  await assertRejects(
    () => connection.write(new Uint8Array(1)),
    Deno.errors.ConnectionReset,
  );
});

Deno.test("endWhereReset() leaves other errors as they are", async () => {
  const connection = failing(new Deno.errors.BrokenPipe());
  for (
    const call of [
      () => connection.read(new Uint8Array(1)),
      () => connection.write(new Uint8Array()),
    ]
  ) await assertRejects(call, Deno.errors.BrokenPipe);
});
