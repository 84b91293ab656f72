/** What may be in a list: it knows its neighbours. */
export interface Linked<Node> {
  previous: Node | null;
  next: Node | null;
}

/**
 * A list of what comes and goes with each request, in the order of its coming.
 *
 * It is no Map and no Set: those make themselves a new table after every few
 * changes, and a table that the garbage collector takes for old keeps all later
 * ones. That cost a tenth of the CPU time of a new connection.
 */
export class LinkedList<Node extends Linked<Node>> {
  #first: Node | null = null;
  #last: Node | null = null;

  /** The node that has been here for the longest time. */
  get first(): Node | null {
    return this.#first;
  }

  /** The node that has come last. */
  get last(): Node | null {
    return this.#last;
  }

  /** Adds a node, which is in no list. */
  append(node: Node): void {
    node.previous = this.#last;
    if (this.#last === null) this.#first = node;
    else this.#last.next = node;
    this.#last = node;
  }

  /** Removes a node, if it is here. */
  remove(node: Node): void {
    const { previous, next } = node;
    if (previous === null && this.#first !== node) return;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next === null) this.#last = previous;
    else next.previous = previous;
    // One that is taken for old must not keep all later ones.
    node.previous = node.next = null;
  }

  /** Iterates over the nodes, of which none may be removed meanwhile. */
  *[Symbol.iterator](): Iterator<Node> {
    for (let node = this.#first; node !== null; node = node.next) yield node;
  }
}
