import { noteOrigin } from "../streams/error_origin.ts";

/** Makes the error for what is done with a request after its end. */
export function endedError(request: object): Error {
  const error = new Deno.errors.BadResource("The request has ended");
  noteOrigin(error, request);
  return error;
}
