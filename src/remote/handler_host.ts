import { runHandler } from "../handlers/run_handler.ts";
import type { HandlerServer, RequestHandlerClass } from "../types.ts";
import { createFarServer } from "./far_server.ts";
import { FarConnection } from "./far_connection.ts";
import { FarDatagramSocket } from "./far_datagram_socket.ts";
import { FrameReceiver } from "./frame_receiver.ts";
import { type Carrier, FrameSender } from "./frame_sender.ts";
import {
  FrameType,
  jsonOf,
  jsonPayload,
  RemoteProtocolError,
} from "./frames.ts";
import { type ErrorRecord, errorOf, recordOf } from "./remote_error.ts";

/** What an `open` frame says of its request. */
interface Opening {
  readonly kind: "stream" | "datagram";
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly clientAddress: Deno.Addr;
}

/** The far side of a Worker or a child process: it runs the handlers. */
export class HandlerHost {
  readonly #handlerClass: RequestHandlerClass<unknown>;
  readonly #server: HandlerServer;
  readonly #sender: FrameSender;
  readonly #receiver = new FrameReceiver(this);
  readonly #open = new Map<number, FarConnection | FarDatagramSocket>();

  /** Creates an instance over a carrier to the server. */
  constructor(
    handlerClass: RequestHandlerClass<unknown>,
    serverAddress: Deno.Addr,
    data: unknown,
    carrier: Carrier,
  ) {
    this.#handlerClass = handlerClass;
    this.#sender = new FrameSender(carrier);
    this.#server = createFarServer(
      serverAddress,
      data,
      () => this.#sender.send(FrameType.shutdown, 0),
    );
  }

  /** How many requests are being handled. */
  get size(): number {
    return this.#open.size;
  }

  /** Takes what the carrier brings. */
  push(bytes: Uint8Array<ArrayBuffer>): void {
    this.#receiver.push(bytes);
  }

  /** Reports a rejection that no handler handles; it ends no request. */
  reportFault(reason: unknown): void {
    const [id, ...others] = this.#open.keys();
    const certain = id !== undefined && others.length === 0 ? id : 0;
    const record = recordOf(reason);
    this.#sender.send(FrameType.fault, certain, jsonPayload(record));
  }

  /** Takes a frame. */
  receive(type: FrameType, id: number, payload: Uint8Array<ArrayBuffer>): void {
    const far = this.#open.get(id);
    try {
      if (type === FrameType.open) this.#start(id, payload);
      else if (type === FrameType.abort) {
        far?.fail(errorOf(jsonOf(payload)[0] as ErrorRecord));
      } else far?.receive(type, payload);
    } catch (error) {
      this.reject(id, error as RemoteProtocolError);
    }
  }

  /** Ends a request whose frames cannot be understood, on both sides. */
  reject(id: number, error: RemoteProtocolError): void {
    this.#open.get(id)?.fail(error);
    this.#fail(id, error);
  }

  #start(id: number, payload: Uint8Array<ArrayBuffer>): void {
    if (this.#open.has(id)) {
      throw new RemoteProtocolError(
        `Cannot open a request as its number must be free: current value is ${id}`,
      );
    }
    const [head, datagram] = jsonOf(payload);
    const { kind, localAddr, remoteAddr, clientAddress } = head as Opening;
    const far = kind === "datagram"
      ? new FarDatagramSocket(id, this.#sender, localAddr)
      : new FarConnection(id, this.#sender, localAddr, remoteAddr);
    this.#open.set(id, far);
    const request = kind === "datagram" ? [datagram.slice(), far] : far;
    this.#run(id, request, clientAddress);
  }

  async #run(
    id: number,
    request: unknown,
    clientAddress: Deno.Addr,
  ): Promise<void> {
    try {
      await runHandler(
        this.#handlerClass,
        request,
        clientAddress,
        this.#server,
      );
      this.#end(id, FrameType.done);
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #fail(id: number, error: unknown): void {
    this.#end(id, FrameType.failed, jsonPayload(recordOf(error)));
  }

  #end(id: number, type: FrameType, payload?: Uint8Array): void {
    const far = this.#open.get(id);
    if (far === undefined) return;
    this.#open.delete(id);
    far.fail(new Deno.errors.BadResource("The request has ended"));
    this.#sender.send(type, id, payload);
  }
}
