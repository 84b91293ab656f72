import { assertEquals } from "@std/assert";
import { AskedConnections } from "../../src/listeners/asked_connections.ts";

/** Stands in for a connection of a client. */
function connectionOf(hostname: string): Deno.Conn {
  const remoteAddr = { transport: "tcp", hostname, port: 1 } as const;
  return { remoteAddr } as Partial<Deno.Conn> as Deno.Conn;
}

/** In which order they would have to give their places. */
function dispensable(hostnames: string[]): string[] {
  const connections = new AskedConnections(null, () => {});
  for (const name of hostnames) connections.add(connectionOf(name));
  const found: string[] = [];
  while (connections.size > 0) {
    const asked = connections.findDispensable()!;
    const { remoteAddr } = asked.connection;
    found.push((remoteAddr as Deno.NetAddr).hostname);
    connections.remove(asked);
  }
  return found;
}

Deno.test("AskedConnections.findDispensable() spares who has one among many", () => {
  assertEquals(
    dispensable(["10.0.0.1", "10.0.0.2", "10.0.0.2", "10.0.0.2", "10.0.0.3"]),
    ["10.0.0.2", "10.0.0.2", "10.0.0.1", "10.0.0.2", "10.0.0.3"],
  );
});

Deno.test("AskedConnections.findDispensable() takes a network of IPv6 for one client", () => {
  assertEquals(
    dispensable(["2001:db8:1::1", "2001:db8:2::1", "2001:db8:2::2"]),
    ["2001:db8:2::1", "2001:db8:1::1", "2001:db8:2::2"],
  );
});

Deno.test("AskedConnections.findDispensable() finds none where there is none", () => {
  const connections = new AskedConnections(null, () => {});
  assertEquals(connections.findDispensable(), null);
});
