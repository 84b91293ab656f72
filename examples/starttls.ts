// Speaks a little SMTP, and TLS from where the client asks for it: STARTTLS.
//
//   openssl req -x509 -newkey rsa:2048 -nodes -days 7 -subj /CN=localhost -keyout key.pem -out cert.pem
//   deno run --allow-net=127.0.0.1 --allow-read=cert.pem,key.pem examples/starttls.ts
//
// In a second terminal:
//
//   openssl s_client -quiet -starttls smtp -connect 127.0.0.1:8000
//
// A port other than 8000 can be given as the first argument; 0 takes a free one.

// deno-lint-ignore-file no-console -- it tells where it listens

import {
  AsyncTCPServer,
  RequestReader,
  ResponseWriter,
  StreamRequestHandler,
  terminationSignal,
} from "@socketserver/socketserver";
import { TlsAcceptor } from "@socketserver/socketserver/tls";

const acceptor = new TlsAcceptor({
  cert: await Deno.readTextFile("cert.pem"),
  key: await Deno.readTextFile("key.pem"),
});
const QUIT = ["QUIT", "221 Bye"] as const;
const STARTTLS = ["STARTTLS", "220 Go ahead"] as const;
const PLAIN = new Map([["EHLO", "250-hello\r\n250 STARTTLS"], STARTTLS, QUIT]);
const SECURE = new Map([["EHLO", "250 hello"], QUIT]);

class MailHandler extends StreamRequestHandler {
  override async handle() {
    await this.wfile.write("220 localhost\r\n");
    if (
      await talk(this.rfile, this.wfile, PLAIN, this.signal) !== STARTTLS[1]
    ) return;
    await this.rfile.discard(); // it came in plain text, from whomever
    using tls = await acceptor.accept(this.request, 10);
    if (tls === null) return;
    const wfile = new ResponseWriter(tls);
    await talk(new RequestReader(tls), wfile, SECURE, this.signal);
    await wfile.close();
  }
}

/** Answers commands up to the one that ends the talk; resolves to its reply. */
async function talk(
  rfile: RequestReader,
  wfile: ResponseWriter,
  replies: Map<string, string>,
  signal: AbortSignal,
): Promise<string | void> {
  for await (const line of rfile.lines({ signal })) {
    const reply = replies.get(line.toUpperCase().split(" ")[0]!) ?? "502 No";
    await wfile.write(`${reply}\r\n`);
    if (reply.startsWith("22")) return reply;
  }
}

if (import.meta.main) {
  try {
    const signal = terminationSignal();
    const address = {
      hostname: "127.0.0.1",
      port: Number(Deno.args[0] ?? 8000),
    };
    await using server = new AsyncTCPServer(address, MailHandler);
    console.log(`Listening on 127.0.0.1:${server.serverAddress.port}`);
    await server.serveForever({ signal });
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    console.error(error.message); // which names the port
    Deno.exitCode = 1;
  }
}
