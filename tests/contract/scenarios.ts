import type { Scenario } from "./scenario.ts";
import { bindingScenarios } from "./scenarios/binding.ts";
import { datagramScenarios } from "./scenarios/datagrams.ts";
import { failingHooksScenarios } from "./scenarios/failing_hooks.ts";
import { handleRequestScenarios } from "./scenarios/handle_request.ts";
import { handlerScenarios } from "./scenarios/handlers.ts";
import { hookOrderScenarios } from "./scenarios/hook_order.ts";
import { reportScenarios } from "./scenarios/reports.ts";
import { servingScenarios } from "./scenarios/serving.ts";
import { streamScenarios } from "./scenarios/streams.ts";

/** The contract: what is true of every server class. */
export const scenarios: readonly Scenario[] = [
  ...servingScenarios,
  ...hookOrderScenarios,
  ...failingHooksScenarios,
  ...handleRequestScenarios,
  ...bindingScenarios,
  ...handlerScenarios,
  ...streamScenarios,
  ...datagramScenarios,
  ...reportScenarios,
];
