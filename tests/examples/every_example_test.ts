import { assert, assertEquals } from "@std/assert";
import { flagsOf, withExample } from "../fixtures/example.ts";
import { needing } from "../fixtures/installed_program.ts";
import { TlsAuthority } from "../tls/tls_authority.ts";
import { assertRefuses, assertRefusesTakenPort } from "./example_process.ts";

const ROOT = new URL("../../", import.meta.url);
const ignore = Deno.build.os === "windows"; // where Deno can send no signal

/** What an example takes beside a port. */
interface Case {
  readonly transport?: "tcp" | "udp" | "unix";
  /** Further arguments. */
  readonly args?: string[];
  /** A path of its header that is to be another one. */
  readonly path?: string;
  /** Whether it reads a certificate where it is started. */
  readonly tls?: boolean;
}

/** Every example. */
const EXAMPLES: Record<string, Case> = {
  "chat_server.ts": {},
  "dns_server.ts": {},
  "forking_sandbox.ts": {},
  "http_server.ts": {},
  "lame_duck.ts": { args: ["0", "0"] },
  "redis_server.ts": {},
  "socks5_proxy.ts": {},
  "starttls.ts": { tls: true },
  "syslog_server.ts": { path: "/tmp/syslog.sock" },
  "tcp_echo.ts": {},
  "threading_cpu.ts": {},
  "tls_echo.ts": { tls: true },
  "udp_upper.ts": { transport: "udp" },
  "unix_echo.ts": { transport: "unix", path: "/tmp/echo.sock" },
};

/** Makes a folder to start an example in, and what it finds there. */
async function withFolder(
  { tls = false }: Case,
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    if (tls) {
      using authority = await TlsAuthority.create();
      await Deno.copyFile(authority.own.certPath, `${folder}/cert.pem`);
      await Deno.copyFile(authority.own.keyPath, `${folder}/key.pem`);
    }
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const [name, its] of Object.entries(EXAMPLES)) {
  const { transport = "tcp", args = [], path } = its;
  const test = {
    name:
      `examples/${name} ends on Ctrl-C and SIGTERM with code 0, whoever is connected, and refuses an address in use in one line`,
    ignore,
    fn: () =>
      withFolder(its, async (folder) => {
        const socket = `${folder}/a.sock`;
        const replace = path === undefined ? {} : { [path]: socket };
        const place = transport === "unix" ? [] : ["0"];
        const paths = path === undefined ? [] : [socket];
        // A file is started from where its flags are true: the root, or the
        // folder of its certificate.
        const surroundings = { cwd: its.tls ? folder : pathOf(ROOT), replace };
        const all = [...place, ...args, ...paths];
        for (const signal of ["SIGINT", "SIGTERM"] as const) {
          await withExample(name, all, async (example) => {
            using _silent = transport === "tcp"
              ? await Deno.connect({ port: Number(example.place) })
              : transport === "unix"
              ? await Deno.connect({ transport, path: example.place })
              : null;
            assertEquals(await example.stop(signal), 0);
          }, surroundings);
        }
        if (transport === "unix") {
          using _taken = Deno.listen({ transport, path: socket });
          await assertRefuses(name, socket, { ...surroundings, args: paths });
        } else {
          const rest = { ...surroundings, args: [...args, ...paths] };
          await assertRefusesTakenPort(name, { transport, ...rest });
        }
      }),
  };
  Deno.test(its.tls ? needing(["openssl"], test) : test);
}

Deno.test("examples/ has these examples, each with its command in README.md", async () => {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(new URL("examples/", ROOT))) {
    if (name.endsWith(".ts")) found.push(name);
  }
  assertEquals(found.sort(), Object.keys(EXAMPLES));
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  for (const name of found) {
    const command = `task example ${await flagsOf(name)} examples/${name}`;
    assert(readme.includes(`deno@2.9.6 ${command}\n`), name);
  }
});

function pathOf({ pathname }: URL): string {
  return decodeURIComponent(pathname);
}
