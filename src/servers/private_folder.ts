import { absolutePath, isAbstract } from "./unix_path.ts";

/**
 * A folder beside a socket's path that only this user may enter, for a moment.
 *
 * A file can be moved or linked between the two, as both are in one file system.
 */
export class PrivateFolder implements Disposable {
  /** Where a file may be put: under the name that it has at the path. */
  readonly filePath: string;
  readonly #path: string;
  /** The path that it is beside. */
  readonly #origin: string;

  private constructor(origin: string) {
    this.#origin = origin;
    const end = origin.lastIndexOf("/") + 1;
    // Short, as a socket's path may not be long.
    const name = `.${crypto.randomUUID().slice(0, 8)}`;
    this.#path = origin.slice(0, end) + name;
    this.filePath = `${this.#path}/${origin.slice(end)}`;
  }

  /**
   * Makes one, if it can be made without asking the user for a permission.
   *
   * @param forSocket Whether a socket is to be bound in it.
   */
  static beside(
    path: string,
    { forSocket = false }: { forSocket?: boolean } = {},
  ): PrivateFolder | null {
    if (isAbstract(path)) return null;
    const folder = new PrivateFolder(path);
    if (!folder.#isPermitted(forSocket)) return null;
    try {
      Deno.mkdirSync(folder.#path, { mode: 0o700 });
      return folder;
    } catch {
      return null;
    }
  }

  #isPermitted(forSocket: boolean): boolean {
    const path = absolutePath(this.#path);
    const host = `unix:${absolutePath(this.filePath)}`;
    return isGranted({ name: "read", path }) &&
      isGranted({ name: "write", path }) &&
      (!forSocket || isGranted({ name: "net", host }));
  }

  /** Moves what stands at the path into the folder. */
  takeIn(): void {
    Deno.renameSync(this.#origin, this.filePath);
  }

  /** Moves it back, unless something newer stands there by now. */
  putBack(): void {
    try {
      Deno.linkSync(this.filePath, this.#origin);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return;
      Deno.renameSync(this.filePath, this.#origin); // there are no links here
    }
  }

  /** Removes the folder and what is left in it. */
  [Symbol.dispose](): void {
    try {
      Deno.removeSync(this.#path, { recursive: true });
    } catch {
      // Somebody else has removed it, or keeps it.
    }
  }
}

function isGranted(descriptor: Deno.PermissionDescriptor): boolean {
  try {
    return Deno.permissions.querySync(descriptor).state === "granted";
  } catch {
    return false; // Deno cannot read the path, nor can have been granted it
  }
}
