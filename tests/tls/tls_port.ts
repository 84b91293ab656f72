import { TlsAcceptor } from "../../src/tls/tls_acceptor.ts";
import type { TlsConnection } from "../../src/tls/tls_connection.ts";
import type { TlsAcceptorOptions } from "../../src/tls/tls_credentials.ts";

/** A port that hands each TLS connection to a function, and closes it then. */
export class TlsPort implements AsyncDisposable {
  readonly acceptor: TlsAcceptor;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #handle: (connection: TlsConnection) => unknown;
  readonly #running = new Set<Promise<void>>();
  readonly #serving: Promise<void>;
  /** Why handshakes have failed. */
  readonly failures: unknown[] = [];
  /** How many clients have gone without a word. */
  gone = 0;
  /** How many connections are open. */
  open = 0;

  constructor(
    options: TlsAcceptorOptions,
    handle: (connection: TlsConnection) => unknown = echo,
  ) {
    this.acceptor = new TlsAcceptor(options);
    this.#handle = handle;
    this.#serving = this.#serve();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Waits until all that have connected so far are done with. */
  async rest(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
    await this.rest();
  }

  async #serve(): Promise<void> {
    for await (const connection of this.#listener) {
      const running = this.#accept(connection).finally(() =>
        this.#running.delete(running)
      );
      this.#running.add(running);
    }
  }

  async #accept(connection: Deno.TcpConn): Promise<void> {
    this.open++;
    try {
      const secure = await this.acceptor.accept(connection);
      if (secure === null) {
        this.gone++;
        return connection.close();
      }
      using _ = secure;
      await this.#handle(secure);
    } catch (error) {
      this.failures.push(error);
      try {
        connection.close();
      } catch {
        // The TLS connection has closed it.
      }
    } finally {
      this.open--;
    }
  }
}

/** Sends back what comes, until the end. */
export async function echo(connection: TlsConnection): Promise<void> {
  const buffer = new Uint8Array(65_536);
  for (let count; (count = await connection.read(buffer)) !== null;) {
    await connection.write(buffer.subarray(0, count));
  }
  await connection.closeWrite();
}
