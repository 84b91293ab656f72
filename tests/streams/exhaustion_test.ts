import { assertEquals } from "@std/assert";
import { isExhaustion } from "../../src/streams/exhaustion.ts";

function systemError(code: unknown, message = ""): Error {
  return Object.assign(new Error(message), { code });
}

Deno.test("isExhaustion() knows the system's codes", () => {
  for (const code of ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]) {
    assertEquals(isExhaustion(systemError(code)), true);
    assertEquals(isExhaustion({ code }), true);
  }
  for (const code of ["ECONNRESET", "EAGAIN", "", 24, null, {}]) {
    assertEquals(isExhaustion(systemError(code)), false);
  }
});

Deno.test("isExhaustion() reads the message where there is no code", () => {
  const words = "Cannot load: Too many open files (os error 24)";
  assertEquals(isExhaustion(new TypeError(words)), true);
  assertEquals(isExhaustion(new Error("x (os error 2)")), false);
  assertEquals(isExhaustion(new Error("24")), false);
});

Deno.test("isExhaustion() knows that no further process can be made", () => {
  const message = "Failed to spawn 'deno': Resource temporarily unavailable";
  assertEquals(isExhaustion(systemError("EAGAIN", message)), true);
});

Deno.test("isExhaustion() never throws", () => {
  const hostile = {
    get code() {
      throw new Error("no code");
    },
  };
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  for (
    const value of [
      hostile,
      proxy,
      null,
      undefined,
      Symbol("EMFILE"),
      "EMFILE",
      24,
      24n,
      { message: {} },
    ]
  ) {
    assertEquals(isExhaustion(value), false);
  }
});
