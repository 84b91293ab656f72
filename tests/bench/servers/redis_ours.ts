// deno-lint-ignore-file no-console -- it prints where it listens
// The example, which prints its port alone.

import { RedisHandler, RedisServer } from "../../../examples/redis_server.ts";

await using server = new RedisServer(
  { hostname: "127.0.0.1", port: 0 },
  RedisHandler,
);
console.log(server.serverAddress.port);
await server.serveForever();
