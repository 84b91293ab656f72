import { accepted } from "./accepted.ts";
import type { Layers } from "./layers.ts";

/** A listener in layers; it may have more to close than its socket. */
type LoadedListener = Deno.Listener & { readonly released?: Promise<void> };

/**
 * A listener that accepts a connection when its client has said what it must.
 *
 * The code for that is loaded with the first `accept()`, so that a server without
 * layers starts without it.
 */
export class LayeredListener implements Deno.Listener {
  readonly #listener: Deno.Listener;
  readonly #layers: Layers;
  #loading: Promise<LoadedListener> | null = null;
  #loaded: LoadedListener | null = null;
  #isReferenced = true;

  constructor(listener: Deno.Listener, layers: Layers) {
    this.#listener = listener;
    this.#layers = layers;
  }

  get addr(): Deno.Addr {
    return this.#listener.addr;
  }

  /** Settles when a closed listener has let go of its address. */
  get released(): Promise<void> {
    return this.#loaded?.released ?? Promise.resolve();
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

  async #load(): Promise<LoadedListener> {
    const { layersOver } = await import("./layers_over.ts");
    const loaded = layersOver(this.#listener, this.#layers);
    if (!this.#isReferenced) loaded.unref();
    return this.#loaded = loaded;
  }
}
