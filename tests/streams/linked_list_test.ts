import { assertEquals } from "@std/assert";
import { type Linked, LinkedList } from "../../src/streams/linked_list.ts";

interface Node extends Linked<Node> {
  name: string;
}

function listOf(...names: string[]): [LinkedList<Node>, Node[]] {
  const list = new LinkedList<Node>();
  const nodes = names.map((name) => ({ name, previous: null, next: null }));
  for (const node of nodes) list.append(node);
  return [list, nodes];
}

function namesIn(list: LinkedList<Node>): string {
  return Array.from(list, ({ name }) => name).join("");
}

Deno.test("LinkedList.append() keeps the order of the calls", () => {
  const [list, [first]] = listOf("a", "b", "c");
  assertEquals([namesIn(list), list.first], ["abc", first!]);
  assertEquals(new LinkedList<Node>().first, null);
});

for (
  const [order, left] of [["acb", "bc b"], ["bac", "ac c"], ["cba", "ab a"]]
) {
  Deno.test(`LinkedList.remove() leaves the others, in the order ${order}`, () => {
    const [list, nodes] = listOf("a", "b", "c");
    const seen = order!.split("").map((name) => {
      list.remove(nodes.find((node) => node.name === name)!);
      return namesIn(list);
    });
    assertEquals(seen, [...left!.split(" "), ""]);
    list.append(nodes[1]!);
    assertEquals(namesIn(list), "b");
  });
}

Deno.test("LinkedList.remove() does nothing with a node that is not there", () => {
  const [list, nodes] = listOf("a", "b");
  list.remove(nodes[0]!);
  list.remove(nodes[0]!);
  list.remove({ name: "c", previous: null, next: null });
  assertEquals(namesIn(list), "b");
});

Deno.test("LinkedList.remove() lets go of the nodes beside it", () => {
  const [list, nodes] = listOf("a", "b", "c");
  list.remove(nodes[1]!);
  assertEquals([nodes[1]!.previous, nodes[1]!.next], [null, null]);
});
