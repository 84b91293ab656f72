import {
  CommandRequestHandler,
  DatagramRequestHandler,
} from "@socketserver/socketserver";
import { deeds } from "./deeds.ts";

/** What the server's `data` tells the handlers. */
interface SoakData {
  /** How long a handler waits for its client, in seconds. */
  readonly patience: number;
  readonly mark: number;
}

/** Answers lines, `echo TEXT` by `TEXT`; and does what a hostile one says. */
export class SoakStreamHandler extends CommandRequestHandler {
  override command = "sh";

  override setup() {
    const { patience, mark } = this.server.data as SoakData;
    this.timeout = patience;
    // A program with a child of its own, which would outlive it.
    this.args = ["-c", `sleep ${mark} & echo started; exec cat`];
    return super.setup();
  }

  override async handle() {
    for await (const line of this.rfile.lines()) {
      const [deed, text] = cut(line);
      if (deed === "echo") await this.wfile.write(`${text}\n`);
      else if (deed === "program") return await super.handle();
      else if (deed === "unread") return await this.#writeMuch(100_000);
      else if (deed === "large") await this.#writeMuch(Number(text) || 0);
      else if (line in deeds) {
        await deeds[line]!();
        await this.wfile.write("done\n");
      } else throw new RangeError("no such deed");
    }
  }

  async #writeMuch(count: number): Promise<void> {
    const chunk = new Uint8Array(65_536).fill(46);
    for (let left = count; left > 0; left -= chunk.length) {
      await this.wfile.write(chunk.subarray(0, left));
    }
    await this.wfile.write("\n");
  }
}

/** Answers a datagram's line likewise. */
export class SoakDatagramHandler extends DatagramRequestHandler {
  override async handle() {
    const line = await this.rfile.readLine() ?? "";
    const [deed, text] = cut(line);
    if (deed === "echo") return void await this.wfile.write(`${text}\n`);
    if (deed === "many") {
      const [, socket] = this.request;
      const reply = new TextEncoder().encode("one of many\n");
      for (let i = Math.min(Number(text) || 0, 1000); i > 0; i--) {
        await socket.send(reply, this.clientAddress);
      }
    } else if (line in deeds) await deeds[line]!();
    else throw new RangeError("no such deed");
    await this.wfile.write("done\n");
  }
}

function cut(line: string): [deed: string, text: string] {
  const space = line.indexOf(" ");
  return space === -1
    ? [line, ""]
    : [line.slice(0, space), line.slice(space + 1)];
}
