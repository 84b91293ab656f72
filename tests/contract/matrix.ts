import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { Fixture } from "./fixture.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import type { ServerClass } from "./server_classes.ts";
import { needing } from "../fixtures/installed_program.ts";

const hasUnixSockets = Deno.build.os !== "windows";

/**
 * Adds a test for every scenario that is about one of the classes. Where a
 * class is an exception, the reason stands beside the class or the scenario;
 * that is no test that was skipped.
 */
export function testContract(serverClasses: readonly ServerClass[]): void {
  for (const serverClass of serverClasses) {
    for (const scenario of scenarios) {
      if (!scenario.waits && concerns(scenario, serverClass)) {
        addTest(scenario, serverClass);
      }
    }
  }
  for (const scenario of scenarios.filter(({ waits }) => waits)) {
    addTestAtOnce(
      scenario,
      serverClasses.filter((serverClass) => concerns(scenario, serverClass)),
    );
  }
}

function concerns(scenario: Scenario, serverClass: ServerClass): boolean {
  return isAbout(scenario, serverClass) && !isExcepted(scenario, serverClass);
}

function isAbout({ needs = {} }: Scenario, serverClass: ServerClass): boolean {
  return Object.entries(needs).every(([key, value]) =>
    serverClass[key as keyof typeof needs] === value
  );
}

function addTest(scenario: Scenario, serverClass: ServerClass): void {
  const test = {
    name: `${serverClass.name}: ${scenario.name}`,
    ignore: isMissing(serverClass),
    fn: () => show(scenario, serverClass),
  };
  const { program } = scenario;
  Deno.test(program === undefined ? test : needing([program], test));
}

/** Adds a test with a step for each class; what they leave behind fails it. */
function addTestAtOnce(
  scenario: Scenario,
  serverClasses: readonly ServerClass[],
): void {
  const names = serverClasses.map(({ name }) => name).join(", ");
  Deno.test(`${names}: ${scenario.name}`, async (test) => {
    await Promise.all(serverClasses.map((serverClass) =>
      test.step({
        name: serverClass.name,
        ignore: isMissing(serverClass),
        fn: () => show(scenario, serverClass),
        // Steps of the same time can't tell whose an operation is.
        sanitizeOps: false,
        sanitizeResources: false,
        sanitizeExit: false,
      })
    ));
  });
}

async function show(
  scenario: Scenario,
  serverClass: ServerClass,
): Promise<void> {
  await using fixture = new Fixture(serverClass);
  await deadline(scenario.run(fixture), 30_000);
  assertEquals(fixture.record.errors, []);
  fixture.assertStatsAddUp();
}

function isMissing({ addressFamily }: ServerClass): boolean {
  return addressFamily === "AF_UNIX" && !hasUnixSockets;
}

function isExcepted(
  { name, handlerAtHome }: Scenario,
  { exceptions, remote }: ServerClass,
): boolean {
  return name in exceptions || (remote && handlerAtHome !== undefined);
}
