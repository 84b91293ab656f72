import { ChildProgram } from "../../fixtures/child_program.ts";
import { line } from "../loads/echo.ts";
import { memoryOf } from "../memory.ts";
import { type Figure, mebibytes } from "./figure.ts";

const READERS = 50;
const LINE = line(1000);
const EXAMPLE =
  new URL("../../../examples/chat_server.ts", import.meta.url).pathname;

/** How much memory the example takes that has a member who never reads. */
export async function chat(megabytes: number): Promise<Figure> {
  const args = ["run", "--quiet", "--allow-net", EXAMPLE, "0"];
  await using program = new ChildProgram(Deno.execPath(), ...args);
  const port = Number((await program.line())!.split(":")[1]);
  const connect = async (name: string) => {
    const member = await Deno.connect({ hostname: "127.0.0.1", port });
    await member.write(new TextEncoder().encode(`${name}\n`));
    return member;
  };
  using _lazy = await connect("lazy");
  const readers: Deno.TcpConn[] = [];
  for (let i = 1; i < READERS; i++) readers.push(await connect(`reader${i}`));

  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, memoryOf(program.pid));
  }, 20);
  const bytes = megabytes * 1e6;
  const heard = Promise.all(readers.map((reader) => read(reader, bytes)));
  const speaker = readers[0]!;
  for (let spoken = 0; spoken < bytes; spoken += LINE.length) {
    for (let sent = 0; sent < LINE.length;) {
      sent += await speaker.write(LINE.subarray(sent));
    }
  }
  const cut = (await heard).filter((count) => count < bytes).length;
  clearInterval(watch);
  for (const reader of readers) reader.close();
  return {
    what:
      `examples/chat_server.ts, ${megabytes} MB for each of ${READERS} members`,
    settings: "one never reads",
    seen: `${mebibytes(most)} at most; of those who read ${cut} were dropped`,
    wanted: "< 150 MiB; none",
  };
}

/** Reads so many bytes, or to the end; tells how many there were. */
async function read(reader: Deno.Conn, bytes: number): Promise<number> {
  const buffer = new Uint8Array(65_536);
  let all = 0;
  while (all < bytes) {
    const count = await reader.read(buffer).catch(() => null); // was reset
    if (count === null) break;
    all += count;
  }
  return all;
}
