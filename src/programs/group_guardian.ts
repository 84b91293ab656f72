import { Guardian } from "./guardian.ts";
import { mayRun, spawnInSession } from "./spawn_in_session.ts";

/**
 * What the shell runs. It ends a process group politely: SIGTERM, and SIGKILL
 * to those who are left after a second.
 *
 * The ID of a group is not given to another while one of its processes lives.
 * Whether one does is asked often, as an empty group's ID may be given away:
 * what is left to chance is a tenth of a second. There may be a process and no
 * group yet, which `setsid` is about to make.
 */
const SCRIPT = `
trap '' HUP INT QUIT TERM
finish() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    sleep 0.1
    kill -s 0 -- "-$1" || return
  done
  kill -s KILL -- "-$1"
}
end() {
  if kill -s TERM -- "-$1"; then
    finish "$1" &
  elif kill -s 0 "$1"; then
    { sleep 0.1; kill -s TERM -- "-$1" && finish "$1"; } &
  fi
}
watched=' '
while read -r line; do
  id=\${line#?}
  case $line in
    +*) watched="$watched$id " ;;
    -*)
      watched="\${watched%% "$id" *} \${watched#* "$id" }"
      end "$id" ;;
  esac
done
for id in $watched; do end "$id"; done
`;

let shared: Guardian | null = null;

/**
 * Finds the guardian of the process groups that this isolate has started, or
 * starts it.
 *
 * It is a shell, which takes a millisecond where a Deno would take fifty. That
 * must be kept low: many children of a server live for one request.
 *
 * @returns The guardian; `null` where no shell can be run, or no group be had.
 */
export function groupGuardian(): Guardian | null {
  if (shared !== null) return shared;
  if (Deno.build.os === "windows" || !mayRun("sh")) return null;
  try {
    return shared = new Guardian(startShell);
  } catch {
    return null;
  }
}

/** Ends that guardian, if it has nothing to watch. */
export async function releaseGroupGuardian(): Promise<void> {
  if (shared === null || shared.size > 0) return;
  const guardian = shared;
  shared = null;
  await guardian.close();
}

function startShell(): Deno.ChildProcess {
  // What ends the server's group must not end the guardian.
  return spawnInSession("sh", {
    args: ["-c", SCRIPT],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  });
}
