import { isClosedMeanwhile } from "../streams/closed_meanwhile.ts";
import { ELSEWHERE, noteOrigin } from "../streams/error_origin.ts";

/** What is told of a rejection. */
export interface RejectionReporter {
  /** Takes an error that belongs to no request. Never throws. */
  report(error: unknown): void;
}

/**
 * Keeps promises that a handler or a hook has forgotten from ending the program,
 * and with it the requests of all other clients: the server is told instead.
 *
 * Whose a rejection is, the async context of the code tells that rejected.
 * Rejections of the rest of the program are left to the program. So is an error
 * that a timer's callback throws: it has no context.
 *
 * @param servingNow Tells which server has called the code that runs.
 */
export function catchForgottenRejections(
  servingNow: () => RejectionReporter | undefined,
): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    const serving = servingNow();
    if (serving === undefined || event.defaultPrevented) return;
    event.preventDefault();
    if (isClosedMeanwhile(event.reason)) return;
    noteOrigin(event.reason, ELSEWHERE);
    serving.report(event.reason);
  });
}
