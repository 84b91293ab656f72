import { ChildProcessError, RemoteProtocolError } from "../errors.ts";

/** What a child's last words may say, and what is to be done about it. */
const CURES: readonly (readonly [words: RegExp, cure: string])[] = [
  [
    /not a dependency|not in import map/,
    'name the deno.json that maps it with the configPath option, or an import map with denoFlags: ["--import-map=…"]',
  ],
  [
    /Requires .+ access/,
    "grant it to the children with the permissions option",
  ],
];

/** Makes the error of a request whose process ended first. */
export function endedBefore(
  { code, signal }: Deno.CommandStatus,
  stderr: string,
): ChildProcessError {
  const end = signal === null ? `exit code ${code}` : `signal ${signal}`;
  const cure = CURES.find(([words]) => words.test(stderr))?.[1];
  return new ChildProcessError(
    `The child process ended before its request, with ${end}${
      cure === undefined ? "" : `; ${cure}`
    }${stderr && `:\n${stderr}`}`,
    { code, signal, stderr },
  );
}

/** Makes the error of a request whose process was ended for another one. */
export function endedForAnother(cause: Error): ChildProcessError {
  const error = new ChildProcessError(
    "The child process was ended before its request, as another one that it handled took too long",
    { code: null, signal: null, stderr: "" },
  );
  error.cause = cause;
  return error;
}

/** Makes the error for a process that leaves its input unread. */
export function readsNothing(unread: number): RemoteProtocolError {
  return new RemoteProtocolError(
    `Cannot send more to the child process as it must read what it is sent: current value is ${unread} bytes unread`,
  );
}
