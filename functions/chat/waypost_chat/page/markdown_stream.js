/** Renders Markdown while it is being written. */

import { parseBlocks, renderBlock } from "./markdown.js";

/**
 * Finished blocks stay as they are; only the end is rendered again: the last block, and the one
 * before it while the line between them may still belong to both (a table's second row, say).
 */
export class StreamingMarkdown {
  #root;
  #cite;
  #text = "";
  /** The number of characters in finished blocks. */
  #finishedLength = 0;
  #unfinishedNodes = [];
  #frame = 0;

  /** `cite(n)` makes the node of a citation `[n]`, or null. */
  constructor(root, cite) {
    this.#root = root;
    this.#cite = cite;
  }

  /** Sets the whole text so far; it is rendered in the next frame. */
  write(text) {
    this.#text = text;
    this.#frame ||= requestAnimationFrame(() => this.#render(true));
  }

  /** Renders everything again in the next frame: a citation has got its source. */
  redraw(text) {
    this.#finishedLength = 0;
    this.#unfinishedNodes = [...this.#root.childNodes];
    this.write(text);
  }

  /** Renders the complete text at once. */
  finish(text) {
    this.redraw(text);
    this.#render(false);
  }

  #render(open) {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const blocks = parseBlocks(this.#text.slice(this.#finishedLength));
    const nodes = blocks.map((block, n) =>
      renderBlock(block, { cite: this.#cite, open: open && n === blocks.length - 1 }),
    );
    for (const node of this.#unfinishedNodes) node.remove();
    this.#root.append(...nodes);
    this.#markFinished(blocks, nodes);
  }

  #markFinished(blocks, nodes) {
    const lines = this.#text.slice(this.#finishedLength).split("\n");
    const lastHasEnded = blocks.at(-1)?.line < lines.length - 1;
    const finished = Math.max(0, blocks.length - (lastHasEnded ? 1 : 2));
    this.#unfinishedNodes = nodes.slice(finished);
    const nextLine = blocks[finished]?.line ?? 0;
    for (const line of lines.slice(0, nextLine)) this.#finishedLength += line.length + 1;
  }
}
