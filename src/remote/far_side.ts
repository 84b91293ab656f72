import { RemoteProtocolError } from "../errors.ts";
import { runHandler } from "../handlers/run_handler.ts";
import { isClosedMeanwhile } from "../streams/closed_meanwhile.ts";
import type { HandlerServer, RequestHandlerClass } from "../types.ts";
import { type HandlerReference, importHandler } from "./handler_module.ts";
import { FarDatagram } from "./far_datagram.ts";
import { FarRequest } from "./far_request.ts";
import { createFarServer } from "./far_server.ts";
import { FarStream } from "./far_stream.ts";
import { faultyRequest } from "./faulty_request.ts";
import { FrameReceiver } from "./frame_receiver.ts";
import { type Carrier, FrameSender } from "./frame_sender.ts";
import { FrameType, jsonOf, type Opening } from "./frames.ts";
import { errorIn, errorPayload } from "./remote_error.ts";

/** What this module uses of a Worker's, or a program's, global scope. */
interface Scope {
  addEventListener(
    type: "unhandledrejection",
    listener: (event: PromiseRejectionEvent) => void,
  ): void;
}

/** What a far side is told about the server. */
export interface FarSettings {
  /** The handler to run. */
  readonly handler: HandlerReference;
  /** Where the server listens. */
  readonly serverAddress: Deno.Addr;
  /** What the server's `data` option held. */
  readonly data: unknown;
}

/** The far side of a Worker or a child process: it runs the handlers. */
export class FarSide {
  readonly #settings: FarSettings;
  readonly #server: HandlerServer;
  readonly #sender: FrameSender;
  readonly #receiver = new FrameReceiver(this);
  readonly #open = new Map<number, FarRequest>();
  #handlerClass: RequestHandlerClass<unknown> | null = null;

  /**
   * Creates an instance over a carrier to the server.
   *
   * @param headSize How many bytes of a batch before its frames are left to the
   * carrier.
   */
  constructor(settings: FarSettings, carrier: Carrier, headSize = 0) {
    this.#settings = settings;
    const isBusy = () => this.#open.size > 1;
    this.#sender = new FrameSender(carrier, isBusy, headSize);
    this.#server = createFarServer(
      settings.serverAddress,
      settings.data,
      () => this.#sender.send(FrameType.shutdown, 0),
      (request) =>
        FarRequest.of(request)?.signal ?? new AbortController().signal,
    );
  }

  /** Imports the handler and tells the server that it is ready, or why not. */
  async start(): Promise<void> {
    try {
      this.#handlerClass = await importHandler(this.#settings.handler);
      // One forgotten promise must not end everybody's requests.
      (globalThis as unknown as Scope).addEventListener(
        "unhandledrejection",
        (event) => {
          event.preventDefault();
          if (!isClosedMeanwhile(event.reason)) this.#reportFault(event.reason);
        },
      );
      this.#sender.send(FrameType.ready, 0);
    } catch (error) {
      this.#sender.send(FrameType.ready, 0, errorPayload(error));
    }
  }

  /** Sends what waits to be sent: this isolate is about to end. */
  flush(): void {
    this.#sender.flush();
  }

  /** Takes what the carrier brings. */
  push(bytes: Uint8Array<ArrayBuffer>): void {
    this.#receiver.push(bytes);
  }

  /** Takes a frame. */
  receive(type: FrameType, id: number, payload: Uint8Array<ArrayBuffer>): void {
    const far = this.#open.get(id);
    try {
      if (type === FrameType.open) this.#start(id, payload);
      else if (type === FrameType.stop && id === 0) this.#stopAll(payload);
      else if (far === undefined) return; // it has ended meanwhile
      else if (type === FrameType.abort) far.fail(errorIn(payload, far));
      else if (type === FrameType.stop) far.abort(errorIn(payload, far));
      else if (type === FrameType.giveUp) this.#giveUp(id, far, payload);
      else far.receive(type, payload);
    } catch (error) {
      this.reject(id, error as RemoteProtocolError);
    }
  }

  /** Ends a request whose frames cannot be understood, on both sides. */
  reject(id: number, error: RemoteProtocolError): void {
    if (id === 0) return; // it is no request's
    this.#open.get(id)?.fail(error);
    this.#open.delete(id);
    this.#sender.send(FrameType.failed, id, errorPayload(error));
  }

  #stopAll(payload: Uint8Array<ArrayBuffer>): void {
    const reason = errorIn(payload);
    for (const far of this.#open.values()) far.abort(reason);
  }

  /** Lets a request go whose handler may never end: the server has, too. */
  #giveUp(
    id: number,
    far: FarRequest,
    payload: Uint8Array<ArrayBuffer>,
  ): void {
    const reason = errorIn(payload, far);
    this.#end(id, far, FrameType.done);
    far.abort(reason); // now, as whoever hears of it may read or write
  }

  #start(id: number, payload: Uint8Array<ArrayBuffer>): void {
    if (this.#open.has(id)) {
      throw new RemoteProtocolError(
        `Cannot open a request as its ID must be free: current value is ${id}`,
      );
    }
    const [head, datagram] = jsonOf(payload);
    const opening = head as Opening;
    const { kind, localAddr, clientAddress } = opening;
    const send = this.#sender.forRequest(id);
    const far = kind === "datagram"
      ? new FarDatagram(send, localAddr, datagram.slice())
      : new FarStream(send, opening);
    this.#open.set(id, far);
    this.#run(id, far, clientAddress);
  }

  async #run(
    id: number,
    far: FarRequest,
    clientAddress: Deno.Addr,
  ): Promise<void> {
    try {
      await runHandler(
        this.#handlerClass!,
        far.request,
        clientAddress,
        this.#server,
      );
      const settled = far.settled();
      if (settled !== null) await settled;
      this.#end(id, far, FrameType.done);
    } catch (error) {
      this.#end(id, far, FrameType.failed, errorPayload(error, far.request));
    }
  }

  #end(
    id: number,
    far: FarRequest,
    type: FrameType,
    payload?: Uint8Array,
  ): void {
    // It may have ended, and another one have its ID.
    if (this.#open.get(id) !== far) return;
    this.#open.delete(id);
    far.end();
    this.#sender.send(type, id, payload);
  }

  #reportFault(reason: unknown): void {
    const [id, far] = faultyRequest(reason, this.#open);
    this.#sender.send(FrameType.fault, id, errorPayload(reason, far?.request));
  }
}
