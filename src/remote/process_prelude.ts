/**
 * The first module of a child process: it runs before the handler's.
 *
 * @module
 */
import { setImporting } from "../servers/import_guard.ts";

setImporting(Deno.args[0]!);

// A terminal sends Ctrl-C to the whole group of processes. What it means is
// for the server to decide; a request is not to be cut off by it.
Deno.addSignalListener("SIGINT", () => {});
