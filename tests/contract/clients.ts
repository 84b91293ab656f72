/** A client that asks for something and gets an answer, over any transport. */
export interface Client extends Disposable {
  /** Where the server sees the client. */
  readonly address: Deno.Addr;
  /** Sends one line: a datagram of its own where there are datagrams. */
  send(line: string): Promise<void>;
  /** Resolves to the next line that the server sends; rejects at the end. */
  receive(): Promise<string>;
  /** Closes the client's socket, if it is still open. */
  close(): void;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A client of a TCP or Unix stream server. */
export class StreamClient implements Client {
  readonly connection: Deno.Conn;
  #received = "";
  #closed = false;

  constructor(connection: Deno.Conn) {
    this.connection = connection;
  }

  get address(): Deno.Addr {
    return this.connection.localAddr;
  }

  async send(line: string): Promise<void> {
    const bytes = encoder.encode(`${line}\n`);
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.connection.write(bytes.subarray(sent));
    }
  }

  async receive(): Promise<string> {
    let end: number;
    while ((end = this.#received.indexOf("\n")) === -1) {
      if (!await this.#read()) {
        throw new Deno.errors.UnexpectedEof("The server sent no further line");
      }
    }
    const line = this.#received.slice(0, end);
    this.#received = this.#received.slice(end + 1);
    return line;
  }

  /** Resolves to all that the server sends until it closes the connection. */
  async rest(): Promise<string> {
    while (await this.#read());
    const rest = this.#received;
    this.#received = "";
    return rest;
  }

  /**
   * Resolves when the server has closed the connection; what it had not read
   * by then turns the end into a reset.
   */
  async ended(): Promise<void> {
    try {
      await this.rest();
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    }
  }

  close(): void {
    if (!this.#closed) this.connection.close();
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #read(): Promise<boolean> {
    const buffer = new Uint8Array(65_536);
    const count = await this.connection.read(buffer);
    if (count === null) return false;
    this.#received += decoder.decode(buffer.subarray(0, count));
    return true;
  }
}

/** A client of a UDP or Unix datagram server. */
export class DatagramClient implements Client {
  readonly #socket: Deno.DatagramConn;
  readonly #server: Deno.Addr;
  #closed = false;

  constructor(socket: Deno.DatagramConn, server: Deno.Addr) {
    this.#socket = socket;
    this.#server = server;
  }

  get address(): Deno.Addr {
    return this.#socket.addr;
  }

  async send(line: string): Promise<void> {
    await this.sendBytes(encoder.encode(`${line}\n`));
  }

  /** Sends one datagram. */
  async sendBytes(bytes: Uint8Array): Promise<void> {
    await this.#socket.send(bytes, this.#server);
  }

  async receive(): Promise<string> {
    return decoder.decode(await this.receiveBytes()).replace(/\n$/, "");
  }

  /** Resolves to the next datagram that comes. */
  async receiveBytes(): Promise<Uint8Array> {
    const [bytes] = await this.#socket.receive(new Uint8Array(65_535));
    return bytes;
  }

  close(): void {
    if (!this.#closed) this.#socket.close();
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
