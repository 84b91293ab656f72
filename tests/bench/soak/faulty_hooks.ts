import type { AnyServer, ServerConstructor } from "@socketserver/socketserver";

/**
 * The hooks that fail for a client, which chooses one by its address: the last
 * number of a host 127.0.1.x, or the name of its socket file.
 */
export const FAULTY_HOOKS = [
  "getRequest",
  "verifyRequest",
  "refused",
  "processRequest",
  "finishRequest",
  "shutdownRequest",
  "closeRequest",
] as const;

/** What a client may have fail; `refused` is a `verifyRequest()` that says no. */
export type FaultyHook = typeof FAULTY_HOOKS[number];

const FAULTY_HOST = "127.0.1.";

/** The host of the clients for which a hook fails. */
export function faultyHost(hook: FaultyHook): string {
  return FAULTY_HOST + (FAULTY_HOOKS.indexOf(hook) + 1);
}

function chosenHook(address: Deno.Addr): FaultyHook | undefined {
  if ("path" in address) {
    const name = address.path?.split("/").at(-1) ?? "";
    return FAULTY_HOOKS.find((hook) => name.startsWith(hook));
  }
  const { hostname } = address as Deno.NetAddr;
  if (!hostname.startsWith(FAULTY_HOST)) return undefined;
  return FAULTY_HOOKS[Number(hostname.slice(FAULTY_HOST.length)) - 1];
}

/** Makes a class whose hooks fail for the clients that choose so. */
export function withFaultyHooks(Base: ServerConstructor): ServerConstructor {
  return class extends Base {
    readonly #faults = new WeakMap<object, FaultyHook>();

    override async getRequest() {
      const arrival = await super.getRequest();
      const [request, address] = arrival;
      const hook = chosenHook(address);
      if (hook !== undefined) this.#faults.set(request, hook);
      this.#failIf("getRequest", request);
      return arrival;
    }

    override verifyRequest(request: object, address: Deno.Addr) {
      this.#failIf("verifyRequest", request);
      if (this.#faults.get(request) === "refused") return false;
      return super.verifyRequest(request, address);
    }

    override processRequest(request: object, address: Deno.Addr) {
      this.#failIf("processRequest", request);
      return super.processRequest(request, address);
    }

    override finishRequest(request: object, address: Deno.Addr) {
      this.#failIf("finishRequest", request);
      return super.finishRequest(request, address);
    }

    override shutdownRequest(request: object) {
      this.#failIf("shutdownRequest", request);
      return super.shutdownRequest(request);
    }

    override closeRequest(request: object) {
      this.#failIf("closeRequest", request);
      return super.closeRequest(request);
    }

    #failIf(hook: FaultyHook, request: object): void {
      if (this.#faults.get(request) === hook) throw new EvalError(hook);
    }
  } as unknown as ServerConstructor<AnyServer>;
}
