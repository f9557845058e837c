/** The sources of an answer, and the citations `[n]` that link to them. */

import { h } from "./dom.js";

/** How a model writes the list of its sources at the end of a text. */
const SOURCE_LIST_PREFIX = "\n\nSources: ";

export class Sources {
  #list = h("ol", {});
  #entries = new Map();
  #idPrefix;

  /** `idPrefix` tells this answer's elements from those of others. */
  constructor(idPrefix) {
    this.#idPrefix = idPrefix;
    this.element = h(
      "section",
      { class: "sources", hidden: true, "aria-label": "Sources" },
      h("h3", {}, "Sources"),
      this.#list,
    );
  }

  /** Adds a source once: a run that continues an answer may cite the same one. */
  add(source) {
    if (this.#entries.get(source.index)?.source.chunk_id === source.chunk_id) return;
    const summary = h(
      "summary",
      { id: `${this.#idPrefix}-source-${source.index}` },
      h("span", { class: "index" }, String(source.index)),
      h("span", { class: "document" }, source.document),
      h("span", { class: "heading" }, source.heading),
    );
    const details = h("details", {}, summary, h("blockquote", {}, source.quote));
    this.#entries.set(source.index, { source, details, summary });
    this.#list.append(h("li", {}, details));
    this.element.hidden = false;
  }

  /** The link from a citation to its source; null where there is no such source (yet). */
  citation(index) {
    const entry = this.#entries.get(index);
    if (!entry) return null;
    const { source, details, summary } = entry;
    const click = (event) => {
      event.preventDefault();
      details.open = true;
      summary.focus();
      summary.scrollIntoView({ block: "nearest" });
    };
    const label = `Source ${index}: ${source.document}`;
    const props = { class: "citation", href: `#${summary.id}`, "aria-label": label };
    return h("a", { ...props, on: { click } }, String(index));
  }

  /** One run's text without its last line where that only lists these sources, or some of them. */
  withoutSourceList(text) {
    const index = text.lastIndexOf(SOURCE_LIST_PREFIX);
    if (index < 0) return text;
    const line = text.slice(index + SOURCE_LIST_PREFIX.length);
    const listed = this.#labels().filter((label) => line.includes(label));
    return listed.length > 0 && listed.join("; ") === line ? text.slice(0, index) : text;
  }

  #labels() {
    const sources = [...this.#entries.values()].map(({ source }) => source);
    return sources
      .sort((one, other) => one.index - other.index)
      .map(({ index, document, heading }) => `[${index}] ${document} (${heading})`);
  }
}
