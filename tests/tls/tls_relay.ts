/** Between a client and a server, and able to do what clients do not. */
export class TlsRelay implements Disposable {
  readonly #client: Deno.TcpConn;
  readonly #server: Deno.TcpConn;
  #held = false;

  constructor(client: Deno.TcpConn, server: Deno.TcpConn) {
    this.#client = client;
    this.#server = server;
    this.#pump(client, server);
    this.#pump(server, client);
  }

  /** Sends the server something that is not the client's. */
  async send(data: Uint8Array): Promise<void> {
    await this.#server.write(data);
  }

  /** Ends what goes to the server, without an end of TLS. */
  async cut(): Promise<void> {
    await this.#server.closeWrite();
  }

  /** Takes no more from the server than what comes next. */
  hold(): void {
    this.#held = true;
  }

  /** Closes both ends, that to the server first. */
  [Symbol.dispose](): void {
    for (const connection of [this.#server, this.#client]) {
      try {
        connection.close();
      } catch {
        // It has been closed.
      }
    }
  }

  async #pump(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (let count; (count = await from.read(buffer)) !== null;) {
        for (let at = 0; at < count;) {
          at += await to.write(buffer.subarray(at, count));
        }
        if (this.#held && from === this.#server) return;
      }
      await to.closeWrite();
    } catch {
      // One of them has been closed.
    }
  }
}
