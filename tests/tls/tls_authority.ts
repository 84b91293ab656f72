import { assert } from "@std/assert";
import { needing } from "../fixtures/installed_program.ts";

const EC_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

/** A certificate, its key, and where openssl finds them. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
  readonly certPath: string;
  readonly keyPath: string;
}

/** Issues certificates with openssl, in a folder that ends with it. */
export class TlsAuthority implements Disposable {
  readonly #folder: string;
  /** The authority's own certificate. */
  readonly own: Issued;

  private constructor(folder: string, own: Issued) {
    this.#folder = folder;
    this.own = own;
  }

  static async create(): Promise<TlsAuthority> {
    const folder = await Deno.makeTempDir();
    await openssl(
      folder,
      `req -x509 ${EC_KEY} -days 30 -subj /CN=authority -keyout ca.key -out ca.pem`,
    );
    return new TlsAuthority(folder, await issued(folder, "ca"));
  }

  /** Issues one for a name, which is over where its days are below 0. */
  async issue(name: string, days = 30): Promise<Issued> {
    const folder = this.#folder;
    const names = `subjectAltName=DNS:${name},DNS:localhost,IP:127.0.0.1`;
    await Deno.writeTextFile(`${folder}/extensions`, names);
    await openssl(
      folder,
      `req ${EC_KEY} -subj /CN=${name} -keyout ${name}.key -out ${name}.csr`,
    );
    await openssl(
      folder,
      `x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile extensions -days ${days} -out ${name}.pem`,
    );
    return await issued(folder, name);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

/** Tests with an authority of its own, where there is openssl. */
export function tlsTest(
  name: string,
  body: (authority: TlsAuthority) => Promise<void>,
): void {
  Deno.test(needing(["openssl"], {
    name,
    async fn() {
      using authority = await TlsAuthority.create();
      await body(authority);
    },
  }));
}

async function openssl(cwd: string, line: string): Promise<void> {
  const args = line.split(" ");
  const { success, stderr } = await new Deno.Command("openssl", { args, cwd })
    .output();
  assert(success, new TextDecoder().decode(stderr));
}

async function issued(folder: string, name: string): Promise<Issued> {
  const certPath = `${folder}/${name}.pem`;
  const keyPath = `${folder}/${name}.key`;
  const cert = await Deno.readTextFile(certPath);
  return { cert, key: await Deno.readTextFile(keyPath), certPath, keyPath };
}
