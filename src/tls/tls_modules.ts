/** The modules of Node that the second carrier of TLS is made of. */
export interface TlsModules {
  readonly "node:crypto": typeof import("node:crypto");
  readonly "node:stream": typeof import("node:stream");
  readonly "node:tls": typeof import("node:tls");
}

/** A connection as `node:tls` gives it. */
export type TlsSocket = import("node:tls").TLSSocket & {
  readonly servername?: string | false | null;
};

/** Deno has Node's `process`, but no type for it without an import. */
declare const globalThis: {
  process: {
    nextTick(callback: () => void): void;
    getBuiltinModule<Name extends keyof TlsModules>(
      name: Name,
    ): TlsModules[Name];
  };
};

/**
 * Loads a module of Node, which takes 30 ms the first time: nobody waits for it
 * who does not use it.
 */
export function tlsModule<Name extends keyof TlsModules>(
  name: Name,
): TlsModules[Name] {
  return globalThis.process.getBuiltinModule(name);
}

/** Calls `callback` when all that `node:tls` has to tell by now is told. */
export function afterTold(callback: () => void): void {
  globalThis.process.nextTick(callback);
}
