/** Markdown on the page while it is being written. */

import { blocks, drawBlock } from "./markdown.js";

/**
 * Keeps what is finished and redraws only the end: the last block, and the one before it while
 * the line that parts them may still turn out to belong to both (a table's second row, say).
 */
export class Writing {
  #root;
  #cite;
  #text = "";
  #done = 0;
  #open = [];
  #frame = 0;

  /** `cite(n)` makes the node of a mark `[n]`, or null. */
  constructor(root, cite) {
    this.#root = root;
    this.#cite = cite;
  }

  /** The whole text so far; it is drawn with the next frame. */
  write(text) {
    this.#text = text;
    this.#frame ||= requestAnimationFrame(() => this.#draw(true));
  }

  /** What is finished has changed too: a mark has got its source. */
  again(text) {
    this.#done = 0;
    this.#open = [...this.#root.childNodes];
    this.write(text);
  }

  /** Draws everything from its start, with no more to come. */
  finish(text) {
    this.again(text);
    this.#draw(false);
  }

  #draw(open) {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const found = blocks(this.#text.slice(this.#done));
    const nodes = found.map((block, n) =>
      drawBlock(block, { cite: this.#cite, open: open && n === found.length - 1 }),
    );
    for (const node of this.#open) node.remove();
    this.#root.append(...nodes);
    this.#keep(found, nodes);
  }

  #keep(found, nodes) {
    const lines = this.#text.slice(this.#done).split("\n");
    const settled = found.at(-1)?.line < lines.length - 1;
    const kept = Math.max(0, found.length - (settled ? 1 : 2));
    this.#open = nodes.slice(kept);
    const from = found[kept]?.line ?? 0;
    this.#done += lines.slice(0, from).reduce((sum, line) => sum + line.length + 1, 0);
  }
}
