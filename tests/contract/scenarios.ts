import type { Scenario } from "./scenario.ts";
import { bindingScenarios } from "./scenarios/binding.ts";
import { clientsFaultsScenarios } from "./scenarios/clients_faults.ts";
import { datagramScenarios } from "./scenarios/datagrams.ts";
import { failingHooksScenarios } from "./scenarios/failing_hooks.ts";
import { floodScenarios } from "./scenarios/floods.ts";
import { forgottenPromisesScenarios } from "./scenarios/forgotten_promises.ts";
import { handleRequestScenarios } from "./scenarios/handle_request.ts";
import { handlerScenarios } from "./scenarios/handlers.ts";
import { hookOrderScenarios } from "./scenarios/hook_order.ts";
import { limitScenarios } from "./scenarios/limits.ts";
import { reportScenarios } from "./scenarios/reports.ts";
import { requestTimeoutScenarios } from "./scenarios/request_timeout.ts";
import { servingScenarios } from "./scenarios/serving.ts";
import { signalScenarios } from "./scenarios/signals.ts";
import { slowClientScenarios } from "./scenarios/slow_clients.ts";
import { statisticsScenarios } from "./scenarios/statistics.ts";
import { stoppingScenarios } from "./scenarios/stopping.ts";
import { streamScenarios } from "./scenarios/streams.ts";
import { unixPathScenarios } from "./scenarios/unix_paths.ts";
import { unreadInputScenarios } from "./scenarios/unread_input.ts";

/** The contract: what is true of every server class. */
export const scenarios: readonly Scenario[] = [
  ...servingScenarios,
  ...hookOrderScenarios,
  ...failingHooksScenarios,
  ...clientsFaultsScenarios,
  ...forgottenPromisesScenarios,
  ...stoppingScenarios,
  ...handleRequestScenarios,
  ...bindingScenarios,
  ...handlerScenarios,
  ...streamScenarios,
  ...unreadInputScenarios,
  ...datagramScenarios,
  ...floodScenarios,
  ...slowClientScenarios,
  ...unixPathScenarios,
  ...reportScenarios,
  ...limitScenarios,
  ...statisticsScenarios,
  ...signalScenarios,
  ...requestTimeoutScenarios,
];
