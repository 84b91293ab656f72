import { inspected } from "./inspected.ts";

/** Makes the message of an error: the action, the rule, and the value seen. */
export function brokenRule(
  action: string,
  rule: string,
  value: unknown,
): string {
  return `Cannot ${action} as ${rule}: current value is ${inspected(value)}`;
}
