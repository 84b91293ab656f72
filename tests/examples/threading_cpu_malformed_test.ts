import { exchange } from "@socketserver/socketserver/testing";
import { assertEquals } from "@std/assert";
import { PrimeCountHandler } from "../../examples/threading_cpu.ts";

/** What is no number, or one that would take memory and time without end. */
const WRONG = ["", " ", "-1", "1e99", "Infinity", "NaN", "9.5", "0x10"];
const HUGE = ["100000000", "8000000000", "9".repeat(400)];

for (const line of [...WRONG, ...HUGE]) {
  Deno.test(`PrimeCountHandler.handle() refuses to count below "${line.slice(0, 12)}", and goes on`, async () => {
    const answer = await exchange(PrimeCountHandler, `${line}\n11\n`);
    const [refusal, count] = answer.split("\n");
    assertEquals(refusal, "Send a number of 1 to 8 digits");
    assertEquals(count?.slice(0, 8), "4 primes");
  });
}
