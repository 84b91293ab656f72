// A chat: what one member writes, all get. Who reads too slowly is dropped.
//
//   deno run --allow-net=127.0.0.1 examples/chat.ts
//
// In two more terminals: nc 127.0.0.1 8000
//
// A port other than 8000 can be given as the first argument; 0 takes a free one.

// deno-lint-ignore-file no-console -- it tells where it listens

import {
  AsyncTCPServer,
  StreamRequestHandler,
} from "@socketserver/socketserver";

const MOST_PENDING = 1_000_000; // bytes

export class ChatHandler extends StreamRequestHandler<ChatServer> {
  override async handle() {
    this.server.members.add(this);
    for await (const line of this.rfile.lines({ signal: this.signal })) {
      this.server.broadcast(`${line}\n`);
      await this.wfile.flush(); // who writes faster than it reads must wait
    }
  }
  override finish() {
    this.server.members.delete(this);
    return super.finish();
  }
}

export class ChatServer extends AsyncTCPServer {
  readonly members = new Set<ChatHandler>();
  broadcast(text: string) {
    const data = new TextEncoder().encode(text); // once for all
    for (const { request, wfile } of this.members) {
      if (wfile.pending > MOST_PENDING) this.closeRequest(request);
      else wfile.write(data); // not waited for, as others read faster
    }
  }
}

if (import.meta.main) {
  await using server = new ChatServer(
    { hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 8000) },
    ChatHandler,
  );
  console.log(`Listening on 127.0.0.1:${server.serverAddress.port}`);
  await server.serveForever();
}
