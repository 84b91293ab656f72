/** What a failed wait for a request says about the server. */
export type AcceptFailure = "closed" | "exhausted" | "lost" | "fatal";

/** Out of descriptors or memory: it passes, when connections end. */
const EXHAUSTED = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);

/**
 * The client has gone while it was waiting in the queue, or its network has:
 * accept(2) says to treat these as "try again". The last two are what a
 * datagram socket is told of a client that an earlier reply did not reach.
 */
const LOST = new Set([
  "ECONNABORTED",
  "EPROTO",
  "ENOPROTOOPT",
  "EPERM",
  "ENOTCONN",
  "EHOSTDOWN",
  "ENONET",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "EOPNOTSUPP",
  "EINTR",
  "ECONNREFUSED",
  "ECONNRESET",
]);

/** Tells what to do after `getRequest()` threw `error`. */
export function classifyAcceptError(error: unknown): AcceptFailure {
  if (error instanceof Deno.errors.BadResource) return "closed";
  const { code } = error as { code?: unknown };
  if (typeof code === "string") {
    if (EXHAUSTED.has(code)) return "exhausted";
    if (LOST.has(code)) return "lost";
  }
  return "fatal";
}
