import { assertEquals } from "@std/assert";
import { ActiveRequest } from "../../src/servers/active_request.ts";
import { ClientCounts } from "../../src/servers/client_counts.ts";

function requestOf(hostname: string): ActiveRequest<string> {
  return new ActiveRequest("a request", {
    transport: "tcp",
    hostname,
    port: 7,
  });
}

Deno.test("ClientCounts.admit() counts the requests of each client until they have been handled, or are over", () => {
  const counts = new ClientCounts();
  const [a, b, c] = [1, 2, 3].map(() => requestOf("192.0.2.1"));
  assertEquals(counts.admit(a!, 2), true);
  assertEquals(counts.admit(b!, 2), true);
  assertEquals(counts.admit(c!, 2), false);
  assertEquals(counts.admit(requestOf("192.0.2.2"), 2), true);
  c!.end(); // it was not admitted
  assertEquals(counts.admit(requestOf("192.0.2.1"), 2), false);
  a!.givePlaceBack();
  assertEquals(counts.admit(requestOf("192.0.2.1"), 2), true);
  a!.end(); // which gives nothing back again
  assertEquals(counts.admit(requestOf("192.0.2.1"), 2), false);
  b!.end();
  assertEquals(counts.admit(requestOf("192.0.2.1"), 2), true);
});

Deno.test("ClientCounts.admit() takes any number of clients without a name", () => {
  const counts = new ClientCounts();
  const address = { transport: "unix", path: null } as unknown as Deno.UnixAddr;
  for (let i = 0; i < 3; i++) {
    const nameless = new ActiveRequest("a request", address);
    assertEquals(counts.admit(nameless, 1), true);
  }
});
