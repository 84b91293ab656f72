/** Makes the error for a datagram that is to be sent by a closed socket. */
export function closedSocketError(): Error {
  return new Deno.errors.BadResource(
    "Cannot send a datagram as the socket must be open: current value is closed",
  );
}
