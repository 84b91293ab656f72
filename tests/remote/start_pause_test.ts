import { assert, assertEquals, assertThrows } from "@std/assert";
import { HandlerNotFoundError } from "@socketserver/socketserver";
import { StartPause } from "../../src/remote/start_pause.ts";
import { Shortage } from "../../src/servers/shortage.ts";

const NO_DESCRIPTOR = Object.assign(new Error("no file"), { code: "EMFILE" });

function unloadable(reason: string): HandlerNotFoundError {
  return new HandlerNotFoundError("It must load", { cause: new Error(reason) });
}

const unreadable = unloadable("Unable to load file:///a.ts");
const missing = unloadable('Module not found "file:///a.ts"');

/** A pause, and the errors that its pool has been told. */
function createPause() {
  const shortage = new Shortage(() => 0);
  const errors: unknown[] = [];
  const pause = new StartPause(
    { retry() {}, report: (error) => void errors.push(error) },
    shortage,
  );
  return { pause, shortage, errors };
}

Deno.test("StartPause.begin() takes what says that there is no room, and throws the rest", () => {
  const { pause, errors } = createPause();
  for (const error of [missing, unreadable, new Error("other"), null, 5]) {
    assertThrows(() => pause.begin(error));
    assert(!pause.lasts);
  }
  pause.begin(NO_DESCRIPTOR);
  assert(pause.lasts);
  assertEquals(errors, [NO_DESCRIPTOR]);
  pause.end();
});

Deno.test("StartPause.begin() takes a module for one that is there if it cannot be read in a shortage", () => {
  const { pause, shortage, errors } = createPause();
  shortage.begins();
  for (const error of [missing, new Error("Unable to load"), null, 5]) {
    assertThrows(() => pause.begin(error));
  }
  pause.begin(unreadable);
  assert(pause.lasts);
  assertEquals(errors, []);
  pause.end();
});
