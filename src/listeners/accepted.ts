/** Iterates over the connections of a listener until it is closed. */
export async function* accepted(
  listener: Pick<Deno.Listener, "accept">,
): AsyncIterableIterator<Deno.Conn> {
  for (;;) {
    try {
      yield await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource) return;
      throw error;
    }
  }
}
