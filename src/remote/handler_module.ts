import { HandlerNotFoundError } from "../errors.ts";
import { isHandlerClass } from "../handlers/run_handler.ts";
import { checkNotHosted, hostedModule, setImporting } from "../import_guard.ts";
import { inspected } from "../inspected.ts";
import type { RequestHandlerClass } from "../types.ts";

/** How another isolate finds a handler class: a class itself cannot be sent. */
export interface HandlerReference {
  /** The module to import. */
  readonly moduleUrl: string;
  /** The name of the class, or of the function, among its exports. */
  readonly name: string;
}

const REMEDIES =
  "export the class, give it `static moduleUrl = import.meta.url`, or name its module with the server's handlerModule option";

/** What an import says then; it is no error of a class of its own. */
const LACKS_PERMISSION = /^Requires .+ access/;

/**
 * Finds out where a handler class can be imported from: from the module that
 * the server names, or the class does, or else from the program's main module.
 *
 * @throws {HandlerNotFoundError} If the class has no name, or no module.
 * @throws {Error} If this is a thread, or a child, for handlers of that module.
 */
export function referenceTo(
  handlerClass: RequestHandlerClass<never, never>,
  handlerModule: string | URL | undefined,
): HandlerReference {
  const { name } = handlerClass;
  if (name === "") {
    throw new HandlerNotFoundError(
      `Cannot run the handler elsewhere as its class must have a name: ${REMEDIES}`,
    );
  }
  const own = (handlerClass as { moduleUrl?: unknown }).moduleUrl;
  const moduleUrl = handlerModule ?? own ?? mainModule();
  const href = hrefOf(moduleUrl);
  if (href === null) {
    throw new HandlerNotFoundError(
      `Cannot run the handler ${name} elsewhere as its module must be a URL: current value is ${
        inspected(moduleUrl)
      }; ${REMEDIES}`,
    );
  }
  checkNotHosted(href);
  return { moduleUrl: href, name };
}

/**
 * Imports a handler class, on the far side.
 *
 * @throws {HandlerNotFoundError} If the module does not export one class, and
 * one only, of that name.
 * @throws {unknown} What the module throws when it is loaded.
 */
export async function importHandler(
  { moduleUrl, name }: HandlerReference,
): Promise<RequestHandlerClass<unknown>> {
  setImporting(moduleUrl);
  let exported: Record<string, unknown>;
  try {
    exported = await import(moduleUrl);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : inspected(cause);
    // Of a permission that is missing the platform has named the cure.
    const remedies = LACKS_PERMISSION.test(reason) ? "" : `; ${REMEDIES}`;
    throw new HandlerNotFoundError(
      `Cannot run the handler ${name} elsewhere as ${moduleUrl} must load: ${reason}${remedies}`,
      { cause },
    );
  } finally {
    setImporting(null);
  }
  const found = new Set(
    Object.values(exported).filter((value) =>
      isHandlerClass(value) && (value as { name: string }).name === name
    ),
  );
  if (found.size === 1) {
    const [handlerClass] = found;
    return handlerClass as RequestHandlerClass<unknown>;
  }
  throw new HandlerNotFoundError(
    `Cannot run the handler elsewhere as ${moduleUrl} must export one class with the name ${name}: it exports ${found.size}; ${REMEDIES}`,
  );
}

function hrefOf(module: unknown): string | null {
  if (module instanceof URL) return module.href;
  return typeof module === "string" ? URL.parse(module)?.href ?? null : null;
}

/** The program; in a Worker, which knows of none, what it was started for. */
function mainModule(): string | undefined {
  try {
    return Deno.mainModule ?? hostedModule();
  } catch {
    return hostedModule();
  }
}
