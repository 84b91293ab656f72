// deno-lint-ignore-file no-console -- the port goes to standard output
/**
 * The loops that one would write without the library: `bare.ts LOOP`.
 *
 * @module
 */

import { cert, key } from "./certificate.mjs";

const address = { hostname: "127.0.0.1", port: 0 };

const loops: Record<string, () => Promise<void>> = {
  async readWrite() {
    for await (const connection of listen()) {
      echo(connection).catch(() => {}).finally(() => connection.close());
    }
  },
  /** Reads lines, as text, and writes each at once. */
  async lines() {
    for await (const connection of listen()) {
      connection.setNoDelay();
      echoLines(connection).catch(() => {}).finally(() => connection.close());
    }
  },
  async tls() {
    const listener = Deno.listenTls({ ...address, cert, key });
    console.log(listener.addr.port);
    for await (const connection of listener) {
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
    await writeAll(connection, buffer.subarray(0, n));
  }
}

async function echoLines(connection: Deno.Conn): Promise<void> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const buffer = new Uint8Array(4096);
  let held = 0;
  for (let n; (n = await connection.read(buffer.subarray(held))) !== null;) {
    if (n === 0) throw new Error("The line is too long");
    const filled = buffer.subarray(0, held + n);
    let start = 0;
    for (let end; (end = filled.indexOf(10, start)) !== -1; start = end + 1) {
      const line = decoder.decode(filled.subarray(start, end));
      await writeAll(connection, encoder.encode(line + "\n"));
    }
    held = filled.length - start;
    buffer.copyWithin(0, start, filled.length);
  }
}

async function writeAll(connection: Deno.Conn, data: Uint8Array) {
  for (let sent = 0; sent < data.length;) {
    sent += await connection.write(data.subarray(sent));
  }
}

await loops[Deno.args[0]!]!();
