import { connect } from "@socketserver/socketserver/testing";
import { assertEquals } from "@std/assert";
import { ChatHandler, ChatServer } from "../../examples/chat_server.ts";
import { textOverTCP } from "./answer_over_tcp.ts";
import { withExampleProcess } from "./example_process.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";

const asked = "* Your name?";
const BAD_NAME = "* A name has 1 to 20 letters or digits";
const TOO_LONG = "* A line has at most 1000 bytes";

/** What somebody may send that is wrong, and what is then seen. */
const WRONG: Record<string, [sent: string | Uint8Array, seen: string[]]> = {
  "no name": ["", []],
  "an empty name": ["\n", [BAD_NAME]],
  "a name of spaces": ["   \n", [BAD_NAME]],
  "a name too long": ["a".repeat(21) + "\n", [BAD_NAME]],
  "a name that imitates": ["* ada\n", [BAD_NAME]],
  "a name that is a command": ["/quit\n", [BAD_NAME]],
  "a name that somebody has": ["ada\n", ["* Somebody has that name"]],
  "no UTF-8": [Uint8Array.of(0xff, 0xfe, 10), [BAD_NAME]],
  "a name in a line too long": ["x".repeat(100_000) + "\n", [TOO_LONG]],
  "a line too long": [
    `eve\n/join x\n${"x".repeat(1001)}\n/quit\n`,
    [
      ...["* eve has come", "* eve has gone to x", "* eve has come", TOO_LONG],
    ],
  ],
  "a room that can't be": [
    "eve\n/join\n/join a b\n/quit\n",
    [
      ...["* eve has come", "* A room is named as a member is"],
      ...["* A room is named as a member is"],
    ],
  ],
  "no such command": [
    "eve\n/dance\n/quit\n",
    ["* eve has come", "* There are /join and /quit"],
  ],
  "what upsets a terminal": [
    "eve\n\x1b[2Jboo\0\x07\n/quit\n",
    ["* eve has come", "eve: [2Jboo"],
  ],
  "a line without an end": [
    "eve\nbye",
    ["* eve has come", "eve: bye"],
  ],
};

const answer = (seen: string[]) => [asked, ...seen, ""].join("\n");

for (const chunkSize of [1, Infinity]) {
  Deno.test(`ChatHandler.handle() says what is wrong, in pieces of ${chunkSize}`, async (t) => {
    const address = { hostname: "127.0.0.1", port: 0 };
    const server = new ChatServer(address, ChatHandler, {
      bindAndActivate: false,
    });
    await using ada = connect(ChatHandler, { server });
    await ada.write("ada\n");
    await ada.readUntil("* ada has come\n");
    for (const [what, [sent, seen]] of Object.entries(WRONG)) {
      await t.step(what, async () => {
        await using client = connect(ChatHandler, { server, chunkSize });
        await client.write(sent);
        await client.closeWrite();
        assertEquals(await client.text(), answer(seen));
        assertEquals([...server.members.keys()], ["ada"]);
      });
    }
  });
}

Deno.test("examples/chat_server.ts says what is wrong, and goes on", () =>
  withExampleProcess("chat_server.ts", async (example) => {
    await using ada = new Dialogue(await Deno.connect(example.address));
    await ada.send("ada");
    await ada.receive();
    await ada.receive();
    for (const [what, [sent, seen]] of Object.entries(WRONG)) {
      assertEquals(await textOverTCP(example, sent), answer(seen), what);
    }
    await ada.send("after all");
    let last;
    do last = await ada.receive(); while (last?.includes("eve"));
    assertEquals(last, "ada: after all");
  }));
