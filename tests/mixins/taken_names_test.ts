import {
  ForkingMixIn,
  type ServerConstructor,
  TCPServer,
  ThreadingMixIn,
} from "@socketserver/socketserver";
import { assertEquals } from "@std/assert";

// What a mixin adds must not stand for something else below it: the compiler
// refuses such a class, and says which member it is about.

const ADDRESS = { hostname: "127.0.0.1", port: 0 };

class PermissionsServer extends TCPServer {
  permissions = 0o600;
}
class ThreadsServer extends TCPServer {
  maxThreads = "as many as there are";
}
class ChildrenServer extends TCPServer {
  activeChildren = 3;
}
class FewThreadsServer extends TCPServer {
  maxThreads = 3;
}

Deno.test("ForkingMixIn() and ThreadingMixIn() refuse a class that means something else by a name of theirs", () => {
  const refused: ServerConstructor[] = [
    // @ts-expect-error its permissions are not those of a process
    ForkingMixIn(PermissionsServer),
    // @ts-expect-error its activeChildren are no process IDs
    ForkingMixIn(ChildrenServer),
    // @ts-expect-error its maxThreads is no number
    ThreadingMixIn(ThreadsServer),
  ];
  assertEquals(refused.length, 3);
});

Deno.test("ThreadingMixIn() takes the place of what means the same below it, as in Python", async () => {
  class Server extends ThreadingMixIn(FewThreadsServer) {}
  await using server = new Server(ADDRESS, function handle() {}, {
    maxThreads: 2,
  });
  assertEquals(server.maxThreads, 2);
});
