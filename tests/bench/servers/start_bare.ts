// deno-lint-ignore-file no-console -- the port goes to standard output
/**
 * The least program that serves, alone in its file: how long does it take to
 * start, and how much memory does it take?
 *
 * @module
 */
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(listener.addr.port);

for await (const connection of listener) {
  echo(connection).catch(() => {}).finally(() => connection.close());
}

async function echo(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(4096);
  for (let n; (n = await connection.read(buffer)) !== null;) {
    for (let sent = 0; sent < n;) {
      sent += await connection.write(buffer.subarray(sent, n));
    }
  }
}
