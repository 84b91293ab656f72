import { deadline } from "@std/async/deadline";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Dialogue } from "./fixtures/clients/dialogue.ts";
import { TextLineStream } from "@std/streams/text-line-stream";
import { toText } from "@std/streams/to-text";
import { type Example, withExample } from "./fixtures/example.ts";
import { needing } from "./fixtures/installed_program.ts";

const LIMIT_MS = 30_000;
const windows = Deno.build.os === "windows";

/** Runs a client to its end; resolves to what it prints. */
async function talk(
  program: string,
  args: string[],
  input: string,
): Promise<string> {
  const client = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  try {
    const output = toText(client.stdout);
    await new Blob([input]).stream().pipeTo(client.stdin);
    return await deadline(output, LIMIT_MS);
  } finally {
    try {
      client.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await client.status;
  }
}

/** Sends everything over a connection; resolves to the whole answer. */
async function exchange(client: Deno.Conn, input: string): Promise<string> {
  await client.write(new TextEncoder().encode(input));
  await client.closeWrite();
  return await deadline(toText(client.readable), LIMIT_MS);
}

// No signal can be sent there: the program is ended from outside.
const code = windows ? 1 : 0;

Deno.test(needing(["nc"], {
  name: "examples/tcp_echo.ts sends a line of nc back",
  fn: () =>
    withExample("tcp_echo.ts", "0", async ({ place, stop }) => {
      const answer = await talk("nc", ["-N", "127.0.0.1", place], "hello\n");
      assertEquals(answer, "hello\n");
      assertEquals(await stop("SIGINT"), code);
    }),
}));

Deno.test("examples/tcp_echo.ts serves a client beside a silent one", () =>
  withExample("tcp_echo.ts", "0", async ({ place, stop }) => {
    const port = Number(place);
    using _silent = await Deno.connect({ hostname: "127.0.0.1", port });
    const client = await Deno.connect({ hostname: "127.0.0.1", port });
    assertEquals(await exchange(client, "hello\nthere"), "hello\nthere\n");
    assertEquals(await stop("SIGTERM"), code);
  }));

Deno.test(needing(["nc"], {
  name: "examples/udp_upper.ts answers nc -u in capitals",
  fn: () =>
    withExample("udp_upper.ts", "0", async ({ place, stop }) => {
      const args = ["-u", "-W", "1", "127.0.0.1", place];
      assertEquals(await talk("nc", args, "hello\n"), "HELLO\n");
      assertEquals(await stop("SIGTERM"), code);
    }),
}));

Deno.test("examples/udp_upper.ts answers each client in capitals", () =>
  withExample("udp_upper.ts", "0", async ({ place, stop }) => {
    const hostname = "127.0.0.1";
    for (const text of ["straße", "hello"]) {
      const client = Deno.listenDatagram({
        transport: "udp",
        hostname,
        port: 0,
      });
      try {
        await client.send(new TextEncoder().encode(text), {
          transport: "udp",
          hostname,
          port: Number(place),
        });
        const [reply] = await deadline(client.receive(), LIMIT_MS);
        assertEquals(new TextDecoder().decode(reply), text.toUpperCase());
      } finally {
        client.close();
      }
    }
    assertEquals(await stop("SIGINT"), code);
  }));

/** Runs `unix_echo.ts` on a path of its own in place of its header's. */
async function withUnixEcho(
  body: (example: Example) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/echo.sock`;
    const replace = { "/tmp/echo.sock": path };
    await withExample("unix_echo.ts", path, body, { replace });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test(needing(["socat"], {
  name: "examples/unix_echo.ts sends a line of socat back",
  ignore: windows,
  fn: () =>
    withUnixEcho(async ({ place, stop }) => {
      const args = ["-t", "30", "-", `UNIX-CONNECT:${place}`];
      assertEquals(await talk("socat", args, "hello\n"), "hello\n");
      assertEquals(await stop("SIGTERM"), code);
    }),
}));

Deno.test({
  name: "examples/unix_echo.ts sends everything back",
  ignore: windows,
  fn: () =>
    withUnixEcho(async ({ place, stop }) => {
      const client = await Deno.connect({ transport: "unix", path: place });
      assertEquals(await exchange(client, "no line end"), "no line end");
      assertEquals(await stop("SIGINT"), code);
    }),
});

Deno.test({
  name: "examples/lame_duck.ts is not ready, then serves on, then ends",
  ignore: windows,
  fn: () =>
    withExample("lame_duck.ts", ["0", "0", "3"], async (example) => {
      const { place, nextLine, stop } = example;
      const hostname = "127.0.0.1";
      const connect = (port: number) => Deno.connect({ hostname, port });
      const readyPort = Number((await nextLine())?.split(" ").at(-1));
      (await connect(readyPort)).close();
      await using early = new Dialogue(await connect(Number(place)));
      await early.send("hello");
      assertEquals(await early.receive(), "hello");
      const stopped = stop("SIGTERM");
      assertEquals(await nextLine(), "Not ready");
      const { ConnectionRefused } = Deno.errors;
      await assertRejects(() => connect(readyPort), ConnectionRefused);
      await early.send("still here?");
      assertEquals(await early.receive(), "still here?");
      const late = await connect(Number(place));
      assertEquals(await exchange(late, "hello\n"), "hello\n");
      await early.ended();
      assertEquals(await stopped, 0);
    }),
});

/** Runs `tls_echo.ts` beside a new certificate. */
async function withTlsEcho(
  body: (example: Example, certificate: string) => Promise<void>,
): Promise<void> {
  const cwd = await Deno.makeTempDir();
  try {
    const args = "req -x509 -newkey rsa:2048 -nodes -days 7 -subj /CN=localhost"
      .concat(" -keyout key.pem -out cert.pem").split(" ");
    const made = await new Deno.Command("openssl", { args, cwd }).output();
    assert(made.success);
    const certificate = `${cwd}/cert.pem`;
    await withExample("tls_echo.ts", "0", (it) => body(it, certificate), {
      cwd,
    });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

Deno.test(needing(["openssl"], {
  name: "examples/tls_echo.ts serves s_client beside a silent client",
  ignore: windows,
  fn: () =>
    withTlsEcho(async ({ place, stop }, certificate) => {
      const address = { hostname: "127.0.0.1", port: Number(place) };
      using _silent = await Deno.connect(address);
      const client = new Deno.Command("openssl", {
        args: "s_client -quiet -verify_return_error -CAfile".split(" ")
          .concat(certificate, "-connect", `127.0.0.1:${place}`),
        stdin: "piped",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const lines = client.stdout
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new TextLineStream())
        .getReader();
      const keyboard = client.stdin.getWriter();
      try {
        await keyboard.write(new TextEncoder().encode("hello\n"));
        const { value } = await deadline(lines.read(), LIMIT_MS);
        assertEquals(value, "hello");
      } finally {
        client.kill("SIGKILL"); // as -quiet keeps it from ending with its input
        await client.status;
        await keyboard.abort().catch(() => {});
        await lines.cancel();
      }
      assertEquals(await stop("SIGTERM"), code);
    }),
}));
