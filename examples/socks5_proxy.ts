// A SOCKS5 proxy (RFC 1928): it connects its clients to any address or name, and
// carries the bytes both ways. It has CONNECT and no passwords.
//
//   deno run --no-prompt --allow-net examples/socks5_proxy.ts
//
// In a second terminal:
//
//   curl --socks5-hostname 127.0.0.1:1080 http://example.com/
//
// The flag may name where clients may go: --allow-net=127.0.0.1,example.com. They
// are told (2) if they want to go elsewhere; without --no-prompt Deno asks here
// first, and serves nobody meanwhile.
//
// A port other than 1080 can be given as the first argument; 0 takes a free one.

// deno-lint-ignore-file no-console -- it tells where it listens

import {
  AsyncTCPServer,
  RequestReader,
  ResponseWriter,
  StreamRequestHandler,
  terminationSignal,
  UnexpectedEof,
} from "@socketserver/socketserver";

const PATIENCE = 10; // seconds, for each part of what comes before the client's bytes

/** An answer that ends the connection: one of RFC 1928's, section 6. */
class Refusal extends Error {
  constructor(readonly code: number) {
    super(`Refused with ${code}`);
  }
}

export class Socks5Handler extends StreamRequestHandler {
  override async handle() {
    if (!await this.greet().catch(() => false)) return; // silent, or gone
    using upstream = await this.connect();
    if (upstream === null) return;
    await this.reply(0);
    await this.relay(upstream);
  }

  /** Agrees on no password; resolves to whether the client does. */
  async greet(): Promise<boolean> {
    const [version, count] = await this.read(2);
    if (version !== 5) return false; // as a browser's GET, or SOCKS4
    const isWelcome = (await this.read(count!)).includes(0);
    await this.wfile.write(Uint8Array.of(5, isWelcome ? 0 : 0xff));
    return isWelcome;
  }

  /** Connects to where the client wants; `null` if it was told that it cannot. */
  async connect(): Promise<Deno.TcpConn | null> {
    try {
      const target = await this.readTarget();
      const patience = AbortSignal.timeout(PATIENCE * 1000);
      const signal = AbortSignal.any([this.signal, patience]);
      return await Deno.connect({ ...target, signal });
    } catch (error) {
      await this.reply(codeOf(error));
      return null;
    }
  }

  /** Reads where the client wants to go. */
  async readTarget() {
    const [version, command, , kind] = await this.read(4);
    if (version !== 5) throw new Refusal(1);
    if (command !== 1) throw new Refusal(7); // no BIND, no UDP
    const hostname = await this.readHostname(kind!);
    const [high, low] = await this.read(2);
    return { hostname, port: high! * 256 + low! };
  }

  async readHostname(kind: number): Promise<string> {
    if (kind === 1) return (await this.read(4)).join(".");
    if (kind === 4) {
      const bytes = await this.read(16);
      return bytes.toHex().replace(/.{4}(?!$)/g, "$&:");
    }
    if (kind !== 3) throw new Refusal(8);
    const [length] = await this.read(1);
    return new TextDecoder().decode(await this.read(length!));
  }

  read(count: number) {
    const options = { required: true, timeout: PATIENCE } as const;
    return this.rfile.readExactly(count, { ...options, signal: this.signal });
  }

  /** As OpenSSH does, it keeps to itself where it has connected from. */
  reply(code: number) {
    return this.wfile.write(Uint8Array.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0));
  }

  /** Until both have said all, each side may close its half; or one is lost. */
  async relay(upstream: Deno.TcpConn) {
    const options = { signal: this.signal }; // the way down cuts connections
    this.request.setKeepAlive?.(); // so that who vanishes is found out
    upstream.setKeepAlive();
    await Promise.all([
      this.rfile.pipeTo(new ResponseWriter(upstream), options),
      new RequestReader(upstream).pipeTo(this.wfile, options),
    ]).catch(() => {}); // then the other one is closed, too
  }
}

function codeOf(error: unknown): number {
  if (error instanceof Refusal) return error.code;
  if (error instanceof Deno.errors.NotCapable) return 2;
  if (error instanceof Deno.errors.NetworkUnreachable) return 3;
  if (error instanceof Deno.errors.ConnectionRefused) return 5;
  if (error instanceof UnexpectedEof || error instanceof RangeError) return 1;
  return 4; // the host has no address, or nobody answers in time
}

if (import.meta.main) {
  try {
    const signal = terminationSignal();
    await using server = new AsyncTCPServer(
      { hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 1080) },
      Socks5Handler,
    );
    console.log(`Listening on 127.0.0.1:${server.serverAddress.port}`);
    await server.serveForever({ signal });
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    console.error(error.message); // which names the port
    Deno.exitCode = 1;
  }
}
