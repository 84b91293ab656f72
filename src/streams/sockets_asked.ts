/**
 * In how many turns of its event loop Deno asks the system at least once what
 * has come. It asks in each turn that it has to wait for; but where a program
 * always has its next turn at once, only every 61st.
 */
const TURNS = 64;

/**
 * Resolves when the system has been asked what has come to sockets: a read, or
 * an accept, that could be settled is settled by then. It takes 0.1 ms.
 */
export async function socketsAsked(): Promise<void> {
  for (let i = 0; i < TURNS; i++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
