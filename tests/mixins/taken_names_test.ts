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

class GettersServer extends TCPServer {
  get maxThreads(): number {
    return 3;
  }
  get maxChildren(): number {
    return 3;
  }
}

Deno.test("ForkingMixIn() and ThreadingMixIn() hide a getter of the same name, as a class's fields do", async () => {
  const handle = function handle() {};
  await using threading = new (ThreadingMixIn(GettersServer))(ADDRESS, handle, {
    maxThreads: 2,
  });
  await using forking = new (ForkingMixIn(GettersServer))(ADDRESS, handle, {
    maxChildren: 2,
  });
  assertEquals([threading.maxThreads, forking.maxChildren], [2, 2]);
  threading.maxThreads = 1;
  assertEquals(threading.maxThreads, 1);
});

Deno.test("ForkingMixIn() and ThreadingMixIn() take a third argument of null for no options", async () => {
  class OwnServer extends TCPServer {
    constructor(port: number, handle: () => void, parent: object | null) {
      super({ ...ADDRESS, port }, handle);
      if (parent !== null) throw new TypeError("An orphan, please");
    }
  }
  const Own: ServerConstructor = OwnServer;
  for (const Server of [ThreadingMixIn(Own), ForkingMixIn(Own)]) {
    await using server = new Server(0, function handle() {}, null);
    assertEquals(server.activeRequests, []);
  }
});

Deno.test("ThreadingMixIn() takes the place of what means the same below it, as in Python", async () => {
  class Server extends ThreadingMixIn(FewThreadsServer) {}
  await using server = new Server(ADDRESS, function handle() {}, {
    maxThreads: 2,
  });
  assertEquals(server.maxThreads, 2);
});
