/** No descriptor, no buffer or no memory is left: it passes, when requests end. */
const CODES = new Set<unknown>(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);
/** The same in words, where the platform gives no code, as for an import. */
const WORDS = /\(os error (?:12|23|24|105)\)/;
/** How the platform says that no further process can be made. */
const SPAWN_FAILED = "Failed to spawn";
/**
 * Whether an error says that the system has no descriptor, memory or process
 * left to give. Never throws, whatever the error is.
 */
export function isExhaustion(error: unknown): boolean {
  try {
    const { code, message } = error as { code?: unknown; message?: unknown };
    if (CODES.has(code)) return true;
    if (typeof message !== "string") return false;
    if (code === "EAGAIN") return message.startsWith(SPAWN_FAILED);
    return WORDS.test(message);
  } catch {
    return false; // nothing can be read of it
  }
}
