import {
  AsyncMixIn,
  AsyncTCPServer,
  AsyncUDPServer,
  BaseRequestHandler,
  CommandRequestHandler,
  type DatagramRequest,
  DatagramRequestHandler,
  ForkingMixIn,
  ForkingTCPServer,
  ForkingUnixDatagramServer,
  type HandlerServer,
  type StreamRequest,
  StreamRequestHandler,
  TCPServer,
  ThreadingMixIn,
  ThreadingTCPServer,
  ThreadingUDPServer,
  UDPServer,
  UnixDatagramServer,
  UnixStreamServer,
} from "@socketserver/socketserver";
import { connect } from "@socketserver/socketserver/testing";
import { assertEquals } from "@std/assert";

// What the checker says of these is the test: nothing of it runs, as nothing is
// to be bound. Without its error a @ts-expect-error is one.
const PORT = { port: 0 };
const PATH = { path: "/run/test.sock" };

class ChatServer extends AsyncTCPServer {
  readonly rooms = new Map<string, Set<ChatHandler>>();
}

class ChatHandler extends StreamRequestHandler<ChatServer> {
  override async handle() {
    await this.wfile.write(`${this.server.rooms.size}\n`);
  }
}

class HostHandler extends StreamRequestHandler<HandlerServer, Deno.NetAddr> {
  override async handle() {
    await this.wfile.write(this.clientAddress.hostname);
  }
}

class PathHandler extends StreamRequestHandler<HandlerServer, Deno.UnixAddr> {
  override async handle() {
    await this.wfile.write(this.clientAddress.path);
  }
}

class PortHandler extends DatagramRequestHandler<HandlerServer, Deno.NetAddr> {
  override async handle() {
    await this.wfile.write(`${this.clientAddress.port}`);
  }
}

class NameHandler extends DatagramRequestHandler<HandlerServer, Deno.UnixAddr> {
  override async handle() {
    await this.wfile.write(this.clientAddress.path);
  }
}

const byHost = (_request: unknown, { hostname }: Deno.NetAddr) => hostname;
const byPath = (_request: unknown, { path }: Deno.UnixAddr) => path;
const inRooms = (_: unknown, _address: unknown, { rooms }: ChatServer) => rooms;

export function _handlersFindTheirAddresses() {
  new TCPServer(PORT, HostHandler);
  new AsyncTCPServer(PORT, HostHandler);
  new ThreadingTCPServer(PORT, HostHandler);
  new ForkingTCPServer(PORT, HostHandler);
  new UDPServer(PORT, PortHandler);
  new AsyncUDPServer(PORT, PortHandler);
  new ThreadingUDPServer(PORT, PortHandler);
  new UnixDatagramServer(PATH, NameHandler);
  new ForkingUnixDatagramServer(PATH, NameHandler);
  new TCPServer(PORT, byHost);
  new UDPServer(PORT, byHost);
  new ThreadingTCPServer(PORT, byHost);
  new TCPServer(PORT, (_request, { hostname, port }) => `${hostname}:${port}`);
  new ForkingTCPServer(PORT, (_request, { hostname }) => hostname);
  new (class extends AsyncMixIn(UDPServer) {})(
    PORT,
    (_request, { port }) => port,
  );
  class ProgramHandler
    extends CommandRequestHandler<HandlerServer, Deno.NetAddr> {}
  new TCPServer(PORT, ProgramHandler);
}

export function _handlersOfOtherAddressesAreRefused() {
  // @ts-expect-error -- its clients are at a host and a port
  new TCPServer(PORT, PathHandler);
  // @ts-expect-error -- likewise
  new AsyncTCPServer(PORT, byPath);
  // @ts-expect-error -- likewise
  new ThreadingUDPServer(PORT, NameHandler);
  // @ts-expect-error -- its clients have a path
  new UnixDatagramServer(PATH, PortHandler);
  // @ts-expect-error -- likewise
  new ForkingUnixDatagramServer(PATH, byHost);
  // @ts-expect-error -- its clients have a path, or what a proxy says
  new UnixStreamServer(PATH, HostHandler);
  // @ts-expect-error -- likewise
  new UnixStreamServer(PATH, PathHandler);
  // @ts-expect-error -- likewise
  new UnixStreamServer(PATH, byHost);
  new UnixStreamServer(PATH, (_request, address) => "path" in address);
}

export function _handlersElsewhereHaveNoServerOfTheirOwn() {
  new ChatServer(PORT, ChatHandler);
  new ChatServer(PORT, inRooms);
  // @ts-expect-error -- on a thread there are no rooms
  new ThreadingTCPServer(PORT, ChatHandler);
  // @ts-expect-error -- nor in a child process
  new ForkingTCPServer(PORT, ChatHandler);
  // @ts-expect-error -- likewise
  new (ThreadingMixIn(ChatServer))(PORT, ChatHandler);
  // @ts-expect-error -- likewise
  new (ForkingMixIn(ChatServer))(PORT, ChatHandler);
  // @ts-expect-error -- likewise
  new (class extends ForkingMixIn(ChatServer) {})(PORT, inRooms);
  // @ts-expect-error -- likewise
  new ThreadingTCPServer(PORT, inRooms, { maxThreads: 1 });
  new ThreadingTCPServer(PORT, (_request, _address, server) => {
    // @ts-expect-error -- it has four members only
    server.rooms;
    return server.shutdown();
  });
}

export function _handlersOfOtherRequestsAreRefused() {
  // @ts-expect-error -- a datagram is no connection
  new TCPServer(PORT, PortHandler);
  // @ts-expect-error -- nor the other way round
  new ThreadingUDPServer(PORT, HostHandler);
  class BareHandler extends BaseRequestHandler<StreamRequest> {}
  new ThreadingTCPServer(PORT, BareHandler);
  // @ts-expect-error -- likewise
  new ForkingUnixDatagramServer(PATH, BareHandler);
  new ThreadingUDPServer(PORT, ([data]: DatagramRequest) => data);
}

Deno.test("StreamRequestHandler.clientAddress is of the type that its class names", async () => {
  await using client = connect(HostHandler);
  assertEquals(await client.text(), "127.0.0.1");
});
