import { ChildProcessError, RemoteProtocolError } from "../errors.ts";

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

/** Makes the error of a request that has passed its limit. */
export function tooLong(seconds: number): Deno.errors.TimedOut {
  return new Deno.errors.TimedOut(
    `Cannot handle the request within the requestTimeout: current value is ${seconds} seconds`,
  );
}

/** Makes the error for a process that leaves its input unread. */
export function readsNothing(unread: number): RemoteProtocolError {
  return new RemoteProtocolError(
    `Cannot send more to the child process as it must read what it is sent: ${unread} bytes wait`,
  );
}
