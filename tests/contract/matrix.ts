import { assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import { Fixture } from "./fixture.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import type { ServerClass } from "./server_classes.ts";
import { isInstalled } from "../installed_program.ts";

const hasPython = isInstalled("python3", ["--version"], /Python 3/);
const hasUnixSockets = Deno.build.os !== "windows";

/** Adds a test for every scenario that is about one of the classes. */
export function testContract(serverClasses: readonly ServerClass[]): void {
  for (const serverClass of serverClasses) {
    for (const scenario of scenarios) {
      if (isAbout(scenario, serverClass)) addTest(scenario, serverClass);
    }
  }
}

function isAbout({ needs = {} }: Scenario, serverClass: ServerClass): boolean {
  return Object.entries(needs).every(([key, value]) =>
    serverClass[key as keyof typeof needs] === value
  );
}

function addTest(scenario: Scenario, serverClass: ServerClass): void {
  const exception = exceptionOf(scenario, serverClass);
  const { program } = scenario;
  Deno.test({
    name: `${serverClass.name}: ${scenario.name}` +
      (program === undefined ? "" : ` (needs ${program})`) +
      (exception === undefined ? "" : ` (not here: ${exception})`),
    ignore: exception !== undefined ||
      (program !== undefined && !hasPython) ||
      (serverClass.addressFamily === "AF_UNIX" && !hasUnixSockets),
    async fn() {
      await using fixture = new Fixture(serverClass);
      await deadline(scenario.run(fixture), 30_000);
      assertEquals(fixture.errors, []);
    },
  });
}

function exceptionOf(
  { name, handlerAtHome }: Scenario,
  { exceptions, remote }: ServerClass,
): string | undefined {
  return exceptions[name] ?? (remote ? handlerAtHome : undefined);
}
