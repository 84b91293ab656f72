import { accepted } from "./accepted.ts";
import type { Layers } from "./layers.ts";
import type { ReleasedListener } from "./released_listener.ts";

/**
 * A listener that accepts a connection when its client has said what it must.
 *
 * The code for that is loaded with the first `accept()`, so that a server without
 * layers starts without it.
 */
export class LayeredListener implements Deno.Listener {
  readonly #listener: ReleasedListener;
  readonly #layers: Layers;
  #loading: Promise<ReleasedListener> | null = null;
  #loaded: ReleasedListener | null = null;
  #isReferenced = true;

  constructor(listener: ReleasedListener, layers: Layers) {
    this.#listener = listener;
    this.#layers = layers;
  }

  get addr(): Deno.Addr {
    return this.#listener.addr;
  }

  /** Settles when a closed listener has let go of its address. */
  get released(): Promise<void> {
    return (this.#loaded ?? this.#listener).released ?? Promise.resolve();
  }

  accept(): Promise<Deno.Conn> {
    if (this.#loaded !== null) return this.#loaded.accept();
    this.#loading ??= this.#load();
    return this.#loading.then((loaded) => loaded.accept());
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Deno.Conn> {
    return accepted(this);
  }

  close(): void {
    (this.#loaded ?? this.#listener).close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  ref(): void {
    this.#isReferenced = true;
    (this.#loaded ?? this.#listener).ref();
  }

  unref(): void {
    this.#isReferenced = false;
    (this.#loaded ?? this.#listener).unref();
  }

  async #load(): Promise<ReleasedListener> {
    const { layersOver } = await import("./layers_over.ts");
    const loaded = layersOver(this.#listener, this.#layers);
    if (!this.#isReferenced) loaded.unref();
    return this.#loaded = loaded;
  }
}
