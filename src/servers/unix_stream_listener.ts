import { accepted } from "../listeners/accepted.ts";
import { PrivateFolder } from "./private_folder.ts";
import { SocketFile } from "./socket_file.ts";

/**
 * A listener for Unix connections that removes its own socket file when it is
 * closed, and no other.
 *
 * Deno's removes whatever stands at the path that it was bound to. Where that
 * is not the path of the file, which was linked there, nothing is. Else what
 * stands there and is another's is moved away for that moment.
 */
export class UnixStreamListener
  implements Deno.Listener<Deno.Conn, Deno.UnixAddr> {
  readonly addr: Deno.UnixAddr;
  readonly #listener: Deno.Listener;
  /** What Deno will remove. */
  readonly #boundPath: string;
  #file: SocketFile | null;
  #accepting: Promise<unknown> | null = null;
  #closed = false;

  /**
   * Creates an instance around a listener.
   *
   * @param path Where its file is, if that is not where it was bound.
   */
  constructor(listener: Deno.Listener, path?: string) {
    this.#listener = listener;
    this.#boundPath = (listener.addr as Deno.UnixAddr).path;
    this.addr = { transport: "unix", path: path ?? this.#boundPath };
    this.#file = SocketFile.at(this.addr.path);
  }

  accept(): Promise<Deno.Conn> {
    const linked = this.addr.path !== this.#boundPath;
    const accepting = this.#listener.accept();
    const named = linked ? accepting.then(this.#name) : accepting;
    this.#accepting = named;
    return named;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Deno.Conn> {
    return accepted(this);
  }

  /** Its own file goes first: as long as it is in use, it cannot be mistaken. */
  close(): void {
    const file = this.#file;
    this.#file = null;
    try {
      file?.remove();
    } finally {
      this.#closeListener();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  ref(): void {
    this.#listener.ref();
  }

  unref(): void {
    this.#listener.unref();
  }

  #closeListener(): void {
    const restore = this.#closed ? null : shelter(this.#boundPath);
    this.#closed = true;
    try {
      this.#listener.close();
    } finally {
      // Deno removes the path when no accept() is pending any more.
      if (this.#accepting === null) restore?.();
      else if (restore !== null) this.#accepting.then(restore, restore);
    }
  }

  /** Has a connection say what the server's address is, not where it began. */
  #name = (connection: Deno.Conn): Deno.Conn => {
    (connection.localAddr as Deno.UnixAddr).path = this.addr.path;
    return connection;
  };
}

/**
 * Moves what stands at a path to where Deno does not know of it.
 *
 * @returns What moves it back; `null` if nothing was moved.
 */
function shelter(path: string): (() => void) | null {
  const file = SocketFile.at(path);
  const folder = file && PrivateFolder.beside(file.path);
  if (folder === null) return null;
  try {
    folder.takeIn();
  } catch {
    folder[Symbol.dispose](); // it has gone, or cannot be moved
    return null;
  }
  return () => {
    using _emptied = folder;
    try {
      folder.putBack();
    } catch {
      // Whoever has removed the folder has removed it.
    }
  };
}
