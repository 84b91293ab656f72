import { assertEquals } from "@std/assert";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { type ExampleProcess, withExampleProcess } from "./example_process.ts";

export const NAME = "syslog_server.ts";
export const PATH = "/tmp/syslog.sock"; // in the example's header

/** The example, with a Unix socket of its own. */
export interface Syslog extends ExampleProcess {
  readonly path: string;
  /** The next message that it prints. */
  message(): Promise<Record<string, unknown>>;
}

/** Runs the example, while `body` lasts. */
export async function withSyslog(body: (syslog: Syslog) => Promise<void>) {
  using folder = new TemporaryFolder();
  const path = `${folder.path}/syslog.sock`;
  await withExampleProcess(NAME, async (example) => {
    assertEquals(await example.nextLine(), `Listening on ${path}`);
    const message = async () => JSON.parse(await example.nextLine() ?? "null");
    await body({ ...example, path, message });
  }, { args: [path], replace: { [PATH]: path } });
}
