import { absolutePath, isAbstract } from "./unix_path.ts";

/**
 * A file at a socket's path, known by what it is: another one may come to stand
 * there under the same name.
 *
 * The system may give a new file the number of one that is gone, so the time of
 * its birth counts too. That of a socket in use is not free to be given.
 */
export class SocketFile {
  /** Where it was found; good after the process has changed its folder too. */
  readonly path: string;
  /** Its permissions then. */
  readonly mode: number;
  readonly isSocket: boolean;
  readonly #identity: string;

  private constructor(path: string, info: Deno.FileInfo) {
    this.path = path;
    this.mode = info.mode! & 0o777;
    this.isSocket = info.isSocket === true;
    this.#identity = identityOf(info);
  }

  /** The file at a path, if there is one that can be seen. */
  static at(path: string): SocketFile | null {
    if (isAbstract(path)) return null;
    const absolute = absolutePath(path);
    const info = infoOf(absolute);
    return info === null ? null : new SocketFile(absolute, info);
  }

  /** Whether it can be found under a name: by default that of old. */
  isAt(path = this.path): boolean {
    const info = infoOf(path);
    return info !== null && identityOf(info) === this.#identity;
  }

  /**
   * Removes it, unless it has gone, or another one stands in its place.
   *
   * What is put there between the look and the removal is lost: no system can
   * do both at once.
   */
  remove(): void {
    if (!this.isAt()) return;
    try {
      Deno.removeSync(this.path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

function infoOf(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch {
    return null;
  }
}

function identityOf({ dev, ino, birthtime }: Deno.FileInfo): string {
  return `${dev}:${ino}:${birthtime?.getTime()}`;
}
