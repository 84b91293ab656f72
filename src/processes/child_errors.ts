import { ChildProcessError, RemoteProtocolError } from "../errors.ts";
import { noteOrigin } from "../streams/error_origin.ts";

/** Makes the error of a request whose process ended first. */
export function endedBefore(
  { code, signal }: Deno.CommandStatus,
  stderr: string,
): ChildProcessError {
  const end = signal === null ? `exit code ${code}` : `signal ${signal}`;
  return new ChildProcessError(
    `The child process ended before its request, with ${end}${
      stderr && `:\n${stderr}`
    }`,
    { code, signal, stderr },
  );
}

/** Makes the error of a request that has passed its limit: it has no stack. */
export function tooLong(
  seconds: number,
  request: object,
): Deno.errors.TimedOut {
  const error = new Deno.errors.TimedOut(
    `Cannot handle the request within the requestTimeout: current value is ${seconds} seconds`,
  );
  noteOrigin(error, request);
  return error;
}

/** Makes the error for a process that leaves its input unread. */
export function readsNothing(unread: number): RemoteProtocolError {
  return new RemoteProtocolError(
    `Cannot send more to the child process as it must read what it is sent: ${unread} bytes wait`,
  );
}
