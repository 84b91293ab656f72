/** A listener that may be closed before it has let go of its address. */
export interface ReleasedListener extends Deno.Listener {
  /** Settles when a closed one has let go; absent where it does so at once. */
  readonly released?: Promise<void>;
}
