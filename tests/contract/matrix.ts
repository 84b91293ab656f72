import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { Fixture } from "./fixture.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import type { ServerClass } from "./server_classes.ts";
import { needing } from "../fixtures/installed_program.ts";
import { WaitingTests } from "../fixtures/waiting_tests.ts";

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
  const name = `${serverClass.name}: ${scenario.name}`;
  const test = { ...testOf(scenario, serverClass), name };
  const { program } = scenario;
  Deno.test(program === undefined ? test : needing([program], test));
}

/** Adds a test with a step for each class. */
function addTestAtOnce(
  scenario: Scenario,
  serverClasses: readonly ServerClass[],
): void {
  const names = serverClasses.map(({ name }) => name).join(", ");
  const tests = new WaitingTests(`${names}: ${scenario.name}`);
  for (const serverClass of serverClasses) {
    tests.test(testOf(scenario, serverClass));
  }
}

function testOf(scenario: Scenario, serverClass: ServerClass) {
  return {
    name: serverClass.name,
    ignore: serverClass.addressFamily === "AF_UNIX" && !hasUnixSockets,
    async fn() {
      await using fixture = new Fixture(serverClass);
      await deadline(scenario.run(fixture), 30_000);
      assertEquals(fixture.record.errors, []);
      fixture.assertStatsAddUp();
    },
  };
}

function isExcepted(
  { name, handlerAtHome }: Scenario,
  { exceptions, remote }: ServerClass,
): boolean {
  return name in exceptions || (remote && handlerAtHome !== undefined);
}
