import { inspected } from "../inspected.ts";
import { bindFailure } from "./bind_checks.ts";
import { isDeadSocket, takeAway } from "./dead_socket.ts";
import { PrivateFolder } from "./private_folder.ts";
import { SocketFile } from "./socket_file.ts";
import { checkHasMode, checkPath } from "./unix_path.ts";

/** How a socket is to be bound to a path. */
export interface UnixBinding<Socket> {
  /** The server's class, for errors. */
  readonly server: string;
  readonly path: string;
  /** The permissions of the socket file, if not those that the umask makes. */
  readonly mode: number | undefined;
  /** Makes the socket. */
  bind(path: string): Socket;
}

type Bind<Socket> = (binding: UnixBinding<Socket>) => Socket;

/** How often a path is tried that others free and take meanwhile. */
const MAX_ATTEMPTS = 5;

/** The bits that let somebody connect, or send a datagram. */
const WRITE = 0o222;

/**
 * Binds a socket to a path itself, in place of a file that a dead server left.
 *
 * @throws {TypeError} If the path or the mode cannot be used.
 * @throws {Deno.errors.AddrInUse} If the path is taken: by a living server, or
 * by a file that is not a socket.
 * @throws {Error} Whatever else the platform throws. The path is named.
 */
export function bindAtPath<Socket extends { close(): void }>(
  binding: UnixBinding<Socket>,
): Socket {
  return bindBy(bindDirectly, binding);
}

/**
 * Binds as {@linkcode bindAtPath} does, but elsewhere, and links the file to the
 * path: Deno removes whatever stands where a socket was bound as soon as it is
 * closed.
 *
 * It is bound in a private folder, where nobody can connect until the file has
 * its mode. A link never replaces a file, as a move would.
 *
 * At the path itself it is bound where that is not permitted, the path leaves no
 * room for the folder's name, or the file system has no links.
 */
export function bindAndLink<Socket extends { close(): void }>(
  binding: UnixBinding<Socket>,
): Socket {
  return bindBy(
    (binding) => bindAside(binding) ?? bindDirectly(binding),
    binding,
  );
}

function bindBy<Socket>(
  bind: Bind<Socket>,
  binding: UnixBinding<Socket>,
): Socket {
  const { server, path, mode } = binding;
  checkPath(server, path);
  checkHasMode(server, path, mode);
  try {
    return bindInPlaceOfDead(bind, binding);
  } catch (error) {
    throw bindFailure(server, inspected(path), error);
  }
}

function bindInPlaceOfDead<Socket>(
  bind: Bind<Socket>,
  binding: UnixBinding<Socket>,
): Socket {
  for (let attempt = 1;; attempt++) {
    try {
      return bind(binding);
    } catch (error) {
      const taken = error instanceof Deno.errors.AddrInUse;
      if (!taken || attempt === MAX_ATTEMPTS) throw error;
      const file = SocketFile.at(binding.path);
      if (file !== null) {
        if (!file.isSocket || !isDeadSocket(binding.path)) throw error;
        takeAway(file);
      }
    }
  }
}

function bindAside<Socket extends { close(): void }>(
  { path, mode, bind }: UnixBinding<Socket>,
): Socket | null {
  using folder = PrivateFolder.beside(path, { forSocket: true });
  if (folder === null) return null;
  let socket: Socket | undefined;
  try {
    socket = bind(folder.filePath);
    if (mode !== undefined) Deno.chmodSync(folder.filePath, mode);
    Deno.linkSync(folder.filePath, path);
    return socket;
  } catch (error) {
    socket?.close();
    if (!(error instanceof Deno.errors.AlreadyExists)) return null;
    throw new Deno.errors.AddrInUse("Address already in use");
  }
}

/**
 * Binds at the path itself. The umask has made the file's mode then, and mostly
 * lets nobody in whom the wanted one does not. If it does, whoever came in that
 * moment goes with the socket, and one is made under another umask.
 */
function bindDirectly<Socket extends { close(): void }>(
  { path, mode, bind }: UnixBinding<Socket>,
): Socket {
  const socket = bind(path);
  if (mode === undefined) return socket;
  const file = SocketFile.at(path);
  try {
    if (file !== null && (file.mode & WRITE & ~mode) === 0) {
      Deno.chmodSync(path, mode);
      return socket;
    }
  } catch (error) {
    release(socket, file);
    throw error;
  }
  release(socket, file);
  const umask = Deno.umask(0o777 & ~mode);
  try {
    return bind(path);
  } finally {
    Deno.umask(umask);
  }
}

function release(socket: { close(): void }, file: SocketFile | null): void {
  file?.remove();
  socket.close();
}
