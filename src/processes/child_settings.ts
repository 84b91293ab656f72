import type { ChildCommand } from "./child_command.ts";
import type { ForkingSettings } from "./forking_options.ts";

/** How a child process is started, and what it may be given. */
export type ChildSettings =
  & ChildCommand
  & Pick<
    ForkingSettings,
    "maxRequestsPerChild" | "requestsPerChild"
  >;
