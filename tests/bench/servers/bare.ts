// deno-lint-ignore-file no-console -- the port goes to standard output
/**
 * The loops that one would write without the library: `bare.ts LOOP`.
 *
 * @module
 */

const address = { hostname: "127.0.0.1", port: 0 };

const loops: Record<string, () => Promise<void>> = {
  async readWrite() {
    for await (const connection of listen()) {
      echo(connection).catch(() => {}).finally(() => connection.close());
    }
  },
  /** What any `rfile` and `wfile` cost that are streams of the platform. */
  async readWriteStreams() {
    for await (const connection of listen()) {
      new ReadableStream({ type: "bytes", async pull() {}, cancel() {} });
      new WritableStream({ async write() {}, close() {}, abort() {} });
      echo(connection).catch(() => {}).finally(() => connection.close());
    }
  },
  async pipeTo() {
    for await (const connection of listen()) {
      connection.readable.pipeTo(connection.writable).catch(() => {});
    }
  },
  /** Has an empty program run for each connection, before it is served. */
  async runEmpty() {
    const empty = ["run", "data:text/javascript,"];
    for await (const connection of listen()) {
      new Deno.Command(Deno.execPath(), { args: empty }).output()
        .then(() => echo(connection))
        .catch(() => {}).finally(() => connection.close());
    }
  },
  async receiveSend() {
    const socket = Deno.listenDatagram({ transport: "udp", ...address });
    console.log((socket.addr as Deno.NetAddr).port);
    const buffer = new Uint8Array(65_535);
    for (;;) {
      const [data, sender] = await socket.receive(buffer);
      await socket.send(data, sender);
    }
  },
  /** Gives each datagram to whoever would handle it, as the library does. */
  async receiveCopySend() {
    const socket = Deno.listenDatagram({ transport: "udp", ...address });
    console.log((socket.addr as Deno.NetAddr).port);
    const buffer = new Uint8Array(65_535);
    for (;;) {
      const [data, sender] = await socket.receive(buffer);
      await socket.send(data.slice(), sender);
    }
  },
};

function listen(): Deno.TcpListener {
  const listener = Deno.listen(address);
  console.log(listener.addr.port);
  return listener;
}

async function echo(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(4096);
  for (let n; (n = await connection.read(buffer)) !== null;) {
    for (let sent = 0; sent < n;) {
      sent += await connection.write(buffer.subarray(sent, n));
    }
  }
}

await loops[Deno.args[0]!]!();
