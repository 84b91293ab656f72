// A chat with rooms: what one member writes, all in the room get. Who reads too
// slowly is dropped.
//
//   deno run --allow-net=127.0.0.1 examples/chat_server.ts
//
// In two more terminals: nc 127.0.0.1 8000
//
// The first line is the member's name. `/join ROOM` goes to another room, `/quit`
// leaves. A port other than 8000 can be given as the first argument; 0 takes a
// free one.

// deno-lint-ignore-file no-console -- it tells where it listens

import {
  AsyncTCPServer,
  LineTooLongError,
  ServerStoppingError,
  StreamRequestHandler,
  terminationSignal,
} from "@socketserver/socketserver";

const LONGEST_LINE = 1000; // bytes
const MOST_PENDING = 1_000_000; // bytes
const NAME = /^[\p{L}\p{N}_-]{1,20}$/u; // of members and rooms

export class ChatHandler extends StreamRequestHandler<ChatServer> {
  name = "";
  room = "lobby";

  override async handle() {
    this.request.setKeepAlive?.(); // so that who vanishes is found out
    this.rfile.maxLineLength = LONGEST_LINE;
    if (!await this.enter()) return;
    try {
      this.say("has come");
      for (let line; (line = await this.nextLine()) !== null;) {
        const [, command, argument] = /^\/(\w+) ?(.*)$/.exec(line) ?? [];
        if (command === "quit") break;
        else if (command === "join") this.join(argument!);
        else if (command !== undefined) this.tell("There are /join and /quit");
        else this.server.broadcast(this.room, `${this.name}: ${line}`);
      }
    } finally {
      this.server.members.delete(this.name);
      const isClosing = this.signal.reason instanceof ServerStoppingError;
      if (!isClosing) this.say("has left");
    }
  }

  /** Asks for a name that nobody has; resolves to whether there is one. */
  async enter(): Promise<boolean> {
    const { members } = this.server;
    this.tell("Your name?");
    for (let line; (line = await this.nextLine()) !== null;) {
      if (!NAME.test(line)) this.tell("A name has 1 to 20 letters or digits");
      else if (members.has(line)) this.tell("Somebody has that name");
      else {
        this.name = line;
        members.set(line, this);
        return true;
      }
    }
    return false;
  }

  join(room: string) {
    if (!NAME.test(room)) return this.tell("A room is named as a member is");
    this.say(`has gone to ${room}`);
    this.room = room;
    this.say("has come");
  }

  /** The next line that is not too long, without what could upset a terminal. */
  async nextLine(): Promise<string | null> {
    for (;;) {
      await this.wfile.flush(); // who writes faster than it reads must wait
      try {
        const line = await this.rfile.readLine({ signal: this.signal });
        return line && line.replace(/\p{Cc}/gu, "");
      } catch (error) {
        if (!(error instanceof LineTooLongError)) throw error;
        this.tell(`A line has at most ${LONGEST_LINE} bytes`);
      }
    }
  }

  tell(text: string) {
    this.wfile.write(`* ${text}\n`);
  }

  say(text: string) {
    this.server.broadcast(this.room, `* ${this.name} ${text}`);
  }
}

export class ChatServer extends AsyncTCPServer {
  readonly members = new Map<string, ChatHandler>(); // by name

  broadcast(to: string, text: string) {
    const data = new TextEncoder().encode(`${text}\n`); // once for all
    for (const { request, room, wfile } of this.members.values()) {
      if (room !== to) continue;
      if (wfile.pending > MOST_PENDING) this.closeRequest(request);
      else wfile.write(data); // not waited for, as others read faster
    }
  }
}

if (import.meta.main) {
  try {
    const signal = terminationSignal();
    await using server = new ChatServer(
      { hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 8000) },
      ChatHandler,
      { drainTimeout: 5 }, // seconds; who does not read is cut off
    );
    console.log(`Listening on 127.0.0.1:${server.serverAddress.port}`);
    await server.serveForever({ signal });
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    console.error(error.message); // which names the port
    Deno.exitCode = 1;
  }
}
