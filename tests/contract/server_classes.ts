import {
  AsyncMixIn,
  AsyncTCPServer,
  AsyncUDPServer,
  AsyncUnixDatagramServer,
  AsyncUnixStreamServer,
  ForkingMixIn,
  ForkingTCPServer,
  ForkingUDPServer,
  ForkingUnixDatagramServer,
  ForkingUnixStreamServer,
  type ServerConstructor,
  TCPServer,
  ThreadingMixIn,
  ThreadingTCPServer,
  ThreadingUDPServer,
  ThreadingUnixDatagramServer,
  ThreadingUnixStreamServer,
  UDPServer,
  UnixDatagramServer,
  UnixStreamServer,
} from "@socketserver/socketserver";

/** A server class that the contract suite is run over. */
export interface ServerClass {
  readonly name: string;
  readonly Server: ServerConstructor;
  readonly socketType: "SOCK_STREAM" | "SOCK_DGRAM";
  readonly addressFamily: "AF_INET" | "AF_UNIX";
  /** Whether it takes the next request before the last one has ended. */
  readonly concurrent: boolean;
  /** Whether its handlers run in another isolate than the server. */
  readonly remote: boolean;
  /** What made the class, if a mixin did, and of which class. */
  readonly mixIn?: {
    readonly apply: (base: ServerConstructor) => ServerConstructor;
    readonly base: ServerConstructor;
  };
  /** Scenarios that the class cannot do, by name, and why it cannot. */
  readonly exceptions: Readonly<Record<string, string>>;
}

/** What the classes over one kind of socket have in common. */
type Transport =
  & Pick<ServerClass, "socketType" | "addressFamily">
  & { readonly base: ServerConstructor };

const TCP: Transport = {
  base: TCPServer,
  socketType: "SOCK_STREAM",
  addressFamily: "AF_INET",
};
const UDP: Transport = {
  base: UDPServer,
  socketType: "SOCK_DGRAM",
  addressFamily: "AF_INET",
};
const UNIX_STREAM: Transport = {
  base: UnixStreamServer,
  socketType: "SOCK_STREAM",
  addressFamily: "AF_UNIX",
};
const UNIX_DATAGRAM: Transport = {
  base: UnixDatagramServer,
  socketType: "SOCK_DGRAM",
  addressFamily: "AF_UNIX",
};

/** A class that handles one request after the other. */
function plain({ base, socketType, addressFamily }: Transport): ServerClass {
  return {
    name: base.name,
    Server: base,
    socketType,
    addressFamily,
    concurrent: false,
    remote: false,
    exceptions: {},
  };
}

/** A class that handles many requests at once. */
function concurrent(
  Server: ServerConstructor,
  transport: Transport,
  mixIn: (base: ServerConstructor) => ServerConstructor,
): ServerClass {
  return {
    ...plain(transport),
    name: Server.name,
    Server,
    concurrent: true,
    mixIn: { apply: mixIn, base: transport.base },
  };
}

/** A class whose handlers run on threads. */
function threading(
  Server: ServerConstructor,
  transport: Transport,
): ServerClass {
  return { ...concurrent(Server, transport, ThreadingMixIn), remote: true };
}

/** A class whose handlers run in child processes. */
function forking(Server: ServerConstructor, transport: Transport): ServerClass {
  const reason = "its timeout is 300 seconds by default, as Python's is";
  return {
    ...concurrent(Server, transport, ForkingMixIn),
    remote: true,
    exceptions: {
      "constructor sets Python's defaults, or better ones": reason,
      "handleRequest() waits for a client if timeout is null": reason,
    },
  };
}

/** Every class that the suite is run over, by the way that it runs handlers. */
export const serverClasses = {
  plain: [plain(TCP), plain(UDP), plain(UNIX_STREAM), plain(UNIX_DATAGRAM)],
  async: [
    concurrent(AsyncTCPServer, TCP, AsyncMixIn),
    concurrent(AsyncUDPServer, UDP, AsyncMixIn),
    concurrent(AsyncUnixStreamServer, UNIX_STREAM, AsyncMixIn),
    concurrent(AsyncUnixDatagramServer, UNIX_DATAGRAM, AsyncMixIn),
  ],
  threading: [
    threading(ThreadingTCPServer, TCP),
    threading(ThreadingUDPServer, UDP),
    threading(ThreadingUnixStreamServer, UNIX_STREAM),
    threading(ThreadingUnixDatagramServer, UNIX_DATAGRAM),
  ],
  forking: [
    forking(ForkingTCPServer, TCP),
    forking(ForkingUDPServer, UDP),
    forking(ForkingUnixStreamServer, UNIX_STREAM),
    forking(ForkingUnixDatagramServer, UNIX_DATAGRAM),
  ],
} satisfies Record<string, readonly ServerClass[]>;
