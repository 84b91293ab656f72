import { InputBuffer } from "../streams/input_buffer.ts";
import type { DatagramRequest, StreamRequest } from "../types.ts";
import type { SendFrame } from "./frame_sender.ts";
import { NearDatagram, type ReplyScope } from "./near_datagram.ts";
import type { NearRequest } from "./near_request.ts";
import { NearStream } from "./near_stream.ts";
import type { PendingRequest } from "./pending_request.ts";

/** Makes the near side of a request: of a datagram, or else of a connection. */
export function createNearRequest(
  { request, clientAddress, input }: PendingRequest,
  send: SendFrame,
  replyScope: ReplyScope,
): NearRequest {
  if (!Array.isArray(request)) {
    const connection = request as StreamRequest;
    return new NearStream(
      send,
      connection,
      clientAddress,
      input ?? new InputBuffer(connection, -1),
    );
  }
  return new NearDatagram(
    send,
    request as unknown as DatagramRequest,
    clientAddress,
    replyScope,
  );
}
