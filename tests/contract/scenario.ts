import type { Program } from "../fixtures/installed_program.ts";
import type { Fixture } from "./fixture.ts";
import type { ServerClass } from "./server_classes.ts";

/** One fact about every server class, or about those that it says. */
export interface Scenario {
  /** Opens with the method that it is about. */
  readonly name: string;
  /** The classes that the fact is about; all of them by default. */
  readonly needs?: Partial<
    Pick<ServerClass, "socketType" | "addressFamily" | "concurrent" | "remote">
  >;
  /**
   * Why it is about handlers in the server's own isolate only, if it is.
   */
  readonly handlerAtHome?: string;
  /**
   * Whether it waits for a limit that is the same for everybody: it is shown of
   * several classes at a time.
   */
  readonly waits?: true;
  /** The program without which it cannot be shown. */
  readonly program?: Program;
  /** Shows the fact. */
  run(fixture: Fixture): Promise<void>;
}
