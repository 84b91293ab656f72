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
      const excepted = isExcepted(scenario, serverClass);
      if (isAbout(scenario, serverClass) && !excepted) {
        addTest(scenario, serverClass);
      }
    }
  }
}

function isAbout({ needs = {} }: Scenario, serverClass: ServerClass): boolean {
  return Object.entries(needs).every(([key, value]) =>
    serverClass[key as keyof typeof needs] === value
  );
}

function addTest(scenario: Scenario, serverClass: ServerClass): void {
  const test = {
    name: `${serverClass.name}: ${scenario.name}`,
    ignore: serverClass.addressFamily === "AF_UNIX" && !hasUnixSockets,
    async fn() {
      await using fixture = new Fixture(serverClass);
      await deadline(scenario.run(fixture), 30_000);
      assertEquals(fixture.record.errors, []);
      fixture.assertStatsAddUp();
    },
  };
  const { program } = scenario;
  Deno.test(program === undefined ? test : needing([program], test));
}

function isExcepted(
  { name, handlerAtHome }: Scenario,
  { exceptions, remote }: ServerClass,
): boolean {
  return name in exceptions || (remote && handlerAtHome !== undefined);
}
