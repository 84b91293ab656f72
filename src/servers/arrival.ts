import { brokenRule } from "../broken_rule.ts";

/** A request, and where it came from. */
export type Arrival<Request> = readonly [
  request: Request,
  clientAddress: Deno.Addr,
];

/**
 * Checks what an overridden `getRequest()` has returned.
 *
 * @throws {TypeError} If it is no request with an address.
 */
export function checkArrival(arrival: readonly unknown[]): void {
  if (Array.isArray(arrival) && arrival.length === 2) return;
  throw new TypeError(
    brokenRule(
      "take a request",
      "getRequest() must return [request, clientAddress]",
      arrival,
    ),
  );
}
