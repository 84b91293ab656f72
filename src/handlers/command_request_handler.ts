import type { HandlerServer } from "../types.ts";
import { StreamRequestHandler } from "./stream_request_handler.ts";

/**
 * Connects the client to a program's standard input and output, as inetd and
 * tcpserver do.
 *
 * The program finds both ends of the connection in its environment, under the
 * names that tcpserver gives them: `PROTO`, `TCPREMOTEIP`, `TCPREMOTEPORT`,
 * `TCPLOCALIP` and `TCPLOCALPORT`. For a Unix socket it is `UNIXLOCALPATH`; in
 * the name of an abstract one each NUL is written as `@`, as Linux's `ss` does.
 * Its standard error is the server's. What it leaves unread is lost.
 *
 * When it has ended, and its output has, the connection ends. When the
 * connection is reset, or the server closes it, the program is ended: it gets
 * SIGTERM, and a second later SIGKILL. A client that closes normally only ends
 * the program's input: a program that neither reads nor writes runs on then,
 * until the server closes.
 *
 * What the program has started ends with it, in the same way, unless it has made
 * itself a session of its own, as daemons do; and all of it ends when the server,
 * its thread or its child process does, even if that is killed. For this the
 * program has a session and a process group of its own, which a shell keeps an
 * eye on. Where `sh` may not be run, and on Windows, the program stays in the
 * server's group, and only the program itself is ended, not what it has started;
 * if the server is killed, or the thread ended, its input ends, and no more is
 * done.
 *
 * Needs the permission `--allow-run=<the program>,sh`; in child processes, which
 * have none of the server's, `permissions: { run: ["<the program>", "sh"] }`.
 * (What may run `sh` may run anything: leave it out where that is too much.) On
 * Linux add `setsid` if the server's own program is large: without it each start
 * holds the server up, for some 4 ms for each 100 MB of its memory.
 *
 * @typeParam Server The server's class; see `BaseRequestHandler`.
 * @typeParam Address The kind of its clients' addresses; likewise.
 *
 * @example Usage
 * ```ts
 * import { AsyncTCPServer, CommandRequestHandler } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class EvalHandler extends CommandRequestHandler {
 *   override command = Deno.execPath();
 *   override args = ["eval", "Deno.stdin.readable.pipeTo(Deno.stdout.writable)"];
 * }
 *
 * await using server = new AsyncTCPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   EvalHandler,
 * );
 * const serving = server.serveForever();
 *
 * const { port } = server.serverAddress;
 * const client = await Deno.connect({ hostname: "127.0.0.1", port });
 * await client.write(new TextEncoder().encode("hello"));
 * await client.closeWrite();
 * assertEquals(await new Response(client.readable).text(), "hello");
 *
 * await server.shutdown();
 * await serving;
 * ```
 */
export class CommandRequestHandler<
  Server extends HandlerServer = HandlerServer,
  Address extends Deno.Addr = Deno.Addr,
> extends StreamRequestHandler<Server, Address> {
  /** The program to run: its name, or its path. To be set in the subclass. */
  command: string = "";
  /**
   * The program's arguments.
   *
   * @default {[]}
   */
  args: string[] = [];

  /**
   * Runs the program until it has ended its output.
   *
   * @throws {TypeError} If no program is named.
   * @throws {Deno.errors.NotFound} If there is no such program.
   * @throws {Deno.errors.NotCapable} If the permission to run it is missing.
   */
  override async handle(): Promise<void> {
    if (this.command === "") {
      throw new TypeError(
        "Cannot handle the request as 'command' must name a program: current value is ''",
      );
    }
    // Loaded late: most programs, and most children, have no such handler.
    const { connectProgram } = await import("./connect_program.ts");
    await connectProgram(this.command, this.args, this);
  }
}
