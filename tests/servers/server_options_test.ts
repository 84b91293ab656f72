import { assertEquals, assertThrows } from "@std/assert";
import {
  AsyncTCPServer,
  AsyncUDPServer,
  ForkingTCPServer,
  ForkingUDPServer,
  TCPServer,
  ThreadingTCPServer,
  UDPServer,
} from "@socketserver/socketserver";

// A server that is told nonsense says so at once, and binds nothing.

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
function handle(): void {}

type ServerClass = new (
  address: typeof ADDRESS,
  handler: typeof handle,
  options: Record<string, unknown>,
) => AsyncDisposable;

const QUEUE = "an integer between 0 and 2147483647";
const PACKET = "an integer between 1 and 16777216";
const SPARE = "an integer between 0 and 1000";
const SOME = "an integer of at least 1";
const DURATION = "a number of seconds or null";
const LIFETIME = "a number of seconds above 0, or null";

/** Of each option the values that are not its, and the rule that they break. */
const REFUSED: [
  Server: { readonly name: string },
  name: string,
  values: number[],
  rule: string,
][] = [
  [TCPServer, "timeout", [NaN], DURATION],
  [TCPServer, "drainTimeout", [NaN], DURATION],
  [TCPServer, "requestQueueSize", [-1, 0.5, NaN, Infinity, 2 ** 31], QUEUE],
  [TCPServer, "requestTimeout", [NaN, 0, -1, -Infinity], LIFETIME],
  [TCPServer, "maxActiveRequests", [0, -1, 1.5, NaN], `${SOME}, or Infinity`],
  [UDPServer, "maxActiveRequests", [0], `${SOME}, or Infinity`],
  [TCPServer, "maxRequestsPerClient", [0, 1.5, NaN], `${SOME}, or Infinity`],
  [UDPServer, "maxPacketSize", [0, 0.5, NaN, Infinity, 1e12], PACKET],
  [ThreadingTCPServer, "maxThreads", [0, 0.5, NaN], `${SOME}, or Infinity`],
  [ThreadingTCPServer, "requestsPerThread", [0], `${SOME}, or Infinity`],
  [ThreadingTCPServer, "maxWaitingRequests", [0], `${SOME}, or Infinity`],
  [ForkingTCPServer, "maxChildren", [0, 0.5, NaN], `${SOME}, or Infinity`],
  [ForkingTCPServer, "maxRequestsPerChild", [0], `${SOME}, or Infinity`],
  [ForkingTCPServer, "requestsPerChild", [0], `${SOME}, or Infinity`],
  [ForkingTCPServer, "requestTimeout", [NaN, 0, -1], LIFETIME],
  [
    ForkingTCPServer,
    "minSpareChildren",
    [-1, 0.5, NaN, Infinity, 1e300],
    SPARE,
  ],
];

for (const [Server, name, values, rule] of REFUSED) {
  const Class = Server as ServerClass;
  for (const value of values) {
    Deno.test(`new ${Server.name}() throws if ${name} is ${value}`, () => {
      const error = assertThrows(
        () => new Class(ADDRESS, handle, { [name]: value }),
        RangeError,
      );
      assertEquals(
        error.message,
        `Cannot create the server as ${name} must be ${rule}: current value is ${value}`,
      );
    });
  }

  Deno.test(`new ${Server.name}() throws if ${name} is no number`, () => {
    assertThrows(
      () => new Class(ADDRESS, handle, { [name]: "5" }),
      TypeError,
      'current value is "5"',
    );
  });
}

for (const name of ["maxActiveRequests", "maxRequestsPerClient"]) {
  Deno.test(`new TCPServer() throws if ${name} is null`, () => {
    const error = assertThrows(
      () => new (TCPServer as ServerClass)(ADDRESS, handle, { [name]: null }),
      TypeError,
    );
    assertEquals(
      error.message,
      `Cannot create the server as ${name} must be a number: current value is null`,
    );
  });
}

const ACCEPTED: [Server: { readonly name: string }, options: object][] = [
  [TCPServer, { timeout: -1, drainTimeout: Infinity, requestQueueSize: 0 }],
  [TCPServer, { timeout: null, drainTimeout: null, requestTimeout: null }],
  [TCPServer, { requestTimeout: Infinity, maxActiveRequests: Infinity }],
  [TCPServer, { requestTimeout: 0.001, maxActiveRequests: 1 }],
  [TCPServer, { maxRequestsPerClient: 1 }],
  [ThreadingTCPServer, { maxThreads: Infinity, requestsPerThread: 1 }],
  [ForkingTCPServer, { maxRequestsPerChild: Infinity, minSpareChildren: 0 }],
];

const DEFAULTS: [Server: { readonly name: string }, most: number][] = [
  [TCPServer, Infinity],
  [UDPServer, Infinity],
  [AsyncTCPServer, 16_384],
  [ThreadingTCPServer, 16_384],
  [AsyncUDPServer, 1000],
  [ForkingUDPServer, 1000],
];

for (const [Server, most] of DEFAULTS) {
  Deno.test(`new ${Server.name}() handles ${most} requests at once, of one client or many, as long as they take`, async () => {
    await using server = new (Server as ServerClass)(ADDRESS, handle, {});
    const { maxActiveRequests, maxRequestsPerClient, requestTimeout } =
      server as TCPServer;
    assertEquals(maxActiveRequests, most);
    assertEquals([maxRequestsPerClient, requestTimeout], [Infinity, null]);
  });
}

for (const [Server, options] of ACCEPTED) {
  Deno.test(`new ${Server.name}() takes ${Deno.inspect(options)}`, async () => {
    await using server = new (Server as ServerClass)(ADDRESS, handle, {
      ...options,
    });
    for (const [name, value] of Object.entries(options)) {
      assertEquals(Reflect.get(server, name), value);
    }
  });
}
