/** What became of a case of CPython's test_socketserver.py. */
export type CPythonCase =
  /** A scenario, and the class that it is run over, if it is one in particular. */
  | { readonly scenario: string; readonly server?: string }
  /** A test of its own, in a file beside this folder. */
  | { readonly file: string }
  /** It has no counterpart, and why. */
  | { readonly reason: string };

const IN_TURN = "serveForever() answers three clients in turn";
const HANDLE_FAILS = "handleError() follows finish() if handle() fails";
const NO_SYSTEM_EXIT =
  "JavaScript has no exception like SystemExit: a handler that wants to end the program calls Deno.exit(), which throws nothing";

/** The 27 cases of CPython 3.11 to 3.13, by name. */
export const cpythonCases: Readonly<Record<string, CPythonCase>> = {
  "SocketServerTest.test_TCPServer": { scenario: IN_TURN, server: "TCPServer" },
  "SocketServerTest.test_ThreadingTCPServer": {
    scenario: IN_TURN,
    server: "ThreadingTCPServer",
  },
  "SocketServerTest.test_ForkingTCPServer": {
    scenario: IN_TURN,
    server: "ForkingTCPServer",
  },
  "SocketServerTest.test_UnixStreamServer": {
    scenario: IN_TURN,
    server: "UnixStreamServer",
  },
  "SocketServerTest.test_ThreadingUnixStreamServer": {
    scenario: IN_TURN,
    server: "ThreadingUnixStreamServer",
  },
  "SocketServerTest.test_ForkingUnixStreamServer": {
    scenario: IN_TURN,
    server: "ForkingUnixStreamServer",
  },
  "SocketServerTest.test_UDPServer": { scenario: IN_TURN, server: "UDPServer" },
  "SocketServerTest.test_ThreadingUDPServer": {
    scenario: IN_TURN,
    server: "ThreadingUDPServer",
  },
  "SocketServerTest.test_ForkingUDPServer": {
    scenario: IN_TURN,
    server: "ForkingUDPServer",
  },
  "SocketServerTest.test_UnixDatagramServer": {
    scenario: IN_TURN,
    server: "UnixDatagramServer",
  },
  "SocketServerTest.test_ThreadingUnixDatagramServer": {
    scenario: IN_TURN,
    server: "ThreadingUnixDatagramServer",
  },
  "SocketServerTest.test_ForkingUnixDatagramServer": {
    scenario: IN_TURN,
    server: "ForkingUnixDatagramServer",
  },
  "SocketServerTest.test_shutdown": {
    scenario: "serveForever() ends if shutdown() follows at once",
  },
  "SocketServerTest.test_close_immediately": {
    scenario: "serverClose() can be called before any request",
  },
  "SocketServerTest.test_tcpserver_bind_leak": {
    scenario: "serverBind() that fails leaves no socket behind, 1024 times",
  },
  "SocketServerTest.test_context_manager": {
    scenario: "[Symbol.asyncDispose]() closes the server",
  },
  "ErrorHandlerTest.test_sync_handled": {
    scenario: HANDLE_FAILS,
    server: "TCPServer",
  },
  "ErrorHandlerTest.test_sync_not_handled": { reason: NO_SYSTEM_EXIT },
  "ErrorHandlerTest.test_threading_handled": {
    scenario: HANDLE_FAILS,
    server: "ThreadingTCPServer",
  },
  "ErrorHandlerTest.test_threading_not_handled": { reason: NO_SYSTEM_EXIT },
  "ErrorHandlerTest.test_forking_handled": {
    scenario: HANDLE_FAILS,
    server: "ForkingTCPServer",
  },
  "ErrorHandlerTest.test_forking_not_handled": { reason: NO_SYSTEM_EXIT },
  // Of its two halves fileno() has no counterpart, as Deno has none.
  "SocketWriterTest.test_basics": {
    scenario: "rfile and wfile are streams of the platform",
    server: "TCPServer",
  },
  // The half about signals does not apply: none interrupts a write in Deno.
  "SocketWriterTest.test_write": {
    scenario: "wfile.write() sends all of a very large reply",
    server: "TCPServer",
  },
  "MiscTestCase.test_all": { file: "../mod_test.ts" },
  "MiscTestCase.test_shutdown_request_called_if_verify_request_false": {
    scenario: "verifyRequest() that returns false shuts the request down once",
  },
  "MiscTestCase.test_threads_reaped": {
    scenario: "activeRequests drops requests that have ended",
  },
};
