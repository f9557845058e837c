/** The passages that an answer rests on, and the marks `[n]` that lead to them. */

import { h } from "./dom.js";

const LISTED = "\n\nSources: ";

export class Sources {
  #list = h("ol", {});
  #entries = new Map();
  #id;

  /** `id` sets this answer's sources apart from every other's on the page. */
  constructor(id) {
    this.#id = id;
    this.element = h(
      "section",
      { class: "sources", hidden: true, "aria-label": "Sources" },
      h("h3", {}, "Sources"),
      this.#list,
    );
  }

  /** Shows a source, once: a run that carries on an answer may cite what was cited before. */
  add(source) {
    if (this.#entries.get(source.index)?.source.chunk_id === source.chunk_id) return;
    const summary = h(
      "summary",
      { id: `${this.#id}-source-${source.index}` },
      h("span", { class: "index" }, String(source.index)),
      h("span", { class: "document" }, source.document),
      h("span", { class: "heading" }, source.heading),
    );
    const details = h("details", {}, summary, h("blockquote", {}, source.quote));
    this.#entries.set(source.index, { source, details, summary });
    this.#list.append(h("li", {}, details));
    this.element.hidden = false;
  }

  /** The link from a mark to its source; null where there is no such source (yet). */
  mark(index) {
    const entry = this.#entries.get(index);
    if (!entry) return null;
    const open = (event) => {
      event.preventDefault();
      entry.details.open = true;
      entry.summary.focus();
      entry.summary.scrollIntoView({ block: "nearest" });
    };
    const label = `Source ${index}: ${entry.source.document}`;
    const props = { class: "mark", href: `#${entry.summary.id}`, "aria-label": label };
    return h("a", { ...props, on: { click: open } }, String(index));
  }

  /** One run's text without its last line where that only lists these sources, or some, again. */
  without(text) {
    const at = text.lastIndexOf(LISTED);
    if (at < 0) return text;
    const line = text.slice(at + LISTED.length);
    const named = this.#names().filter((name) => line.includes(name));
    return named.length > 0 && named.join("; ") === line ? text.slice(0, at) : text;
  }

  #names() {
    const sources = [...this.#entries.values()].map(({ source }) => source);
    const sorted = sources.sort((one, other) => one.index - other.index);
    return sorted.map(({ index, document, heading }) => `[${index}] ${document} (${heading})`);
  }
}
