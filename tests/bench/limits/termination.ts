import { ChildProgram } from "../../fixtures/child_program.ts";
import { Dialogue } from "../../fixtures/clients/dialogue.ts";
import { type Figure, shown } from "./figure.ts";

const CLIENTS = 100;

/** How long a program takes to end on SIGTERM, whose clients are silent. */
export async function termination(
  name: string,
  wanted: string,
  options: object = {},
  atOnce = CLIENTS,
): Promise<Figure> {
  const given = JSON.stringify(options);
  await using program = ChildProgram.fixture(
    "keep_alive_server.ts",
    name,
    given,
  );
  const port = Number(await program.line());
  await using clients = new AsyncDisposableStack();
  for (let i = 0; i < CLIENTS; i++) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const client = clients.use(new Dialogue(connection));
    if (i < atOnce) await client.receive();
  }
  const start = performance.now();
  program.kill("SIGTERM");
  const { code } = await program.ended();
  const took = (performance.now() - start) / 1000;
  return {
    what: `\`${name}\`, SIGTERM with ${CLIENTS} silent clients`,
    settings: shown(options),
    seen: `exit code ${code} after ${took.toFixed(3)} s`,
    wanted,
  };
}
