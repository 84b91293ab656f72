import type { Side } from "./trial.ts";
import { deno, file, python as python3 } from "./programs.ts";

/** A server class of the library, with a handler of servers/handlers.ts. */
export function ours(server: string, handler: string, options = {}): Side {
  return script("ours.ts", server, handler, JSON.stringify(options));
}

/** For `ForkingMixIn`: two children, which any number of requests share. */
export const REUSED = {
  maxChildren: 2,
  maxRequestsPerChild: 1e9,
  requestsPerChild: 1e9,
};

/** Limits that no load of the benchmark reaches. */
export const LIMITS = {
  maxActiveRequests: 1e5,
  maxRequestsPerClient: 1e5,
  requestTimeout: 600,
};

/** A loop of servers/bare.ts. */
export function bare(loop: string): Side {
  return script("bare.ts", loop);
}

/** A script that Deno runs. */
export function script(name: string, ...args: string[]): Side {
  return { program: deno, args: ["run", "-A", file(name), ...args] };
}

/** A class of Python's `socketserver`. */
export function python(server: string): Side {
  return { program: python3, args: [file("python.py"), server] };
}
