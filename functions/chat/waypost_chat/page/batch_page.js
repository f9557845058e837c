/** One batch: how far it is while it runs, its results as a table, and what can be done. */

import { cancelBatch, getBatch, listResults, retryBatch } from "./batches_api.js";
import { announce, h } from "./dom.js";
import { formatCost, formatDuration, formatNumber } from "./format.js";
import { errorNotice } from "./notices.js";

const OVER = new Set(["completed", "cancelled", "failed"]);
const LOOK_MS = 1000;
const STATES = ["answered", "failed", "rejected", "cancelled", "skipped"];

export class BatchPage {
  #id;
  #timer = 0;
  #left = false;
  #after = 0;
  #onlyUnanswered = false;
  #bar = h("progress", { "aria-label": "Questions with a result" });
  #facts = h("p", { class: "metadata" });
  #actions = h("p", { class: "actions" });
  #error = h("div");
  #rows = h("tbody");
  #filter = h("input", { type: "checkbox", id: "batch-unanswered" });
  element = h(
    "div",
    { class: "batch" },
    this.#bar,
    this.#facts,
    this.#actions,
    this.#error,
    h(
      "label",
      { class: "show-deleted", for: "batch-unanswered" },
      this.#filter,
      "Only those without an answer",
    ),
    h(
      "div",
      { class: "table-scroll result-table", tabindex: 0, role: "region", "aria-label": "Results" },
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["Line", "State", "Question", "Answer"].map((name) => h("th", { scope: "col" }, name)),
          ),
        ),
        this.#rows,
      ),
    ),
  );

  constructor(id) {
    this.#id = id;
    this.#filter.addEventListener("change", () => {
      this.#onlyUnanswered = this.#filter.checked;
      for (const row of this.#rows.children) this.#showRow(row);
    });
  }

  /** Reads the batch, and goes on reading it until it is over or the page is left. */
  async open() {
    const batch = await getBatch(this.#id);
    if (this.#left) return;
    this.#show(batch);
    await this.#readResults();
    if (this.#left || OVER.has(batch.state)) return;
    this.#timer = setTimeout(() => this.#look(), LOOK_MS);
  }

  leave() {
    this.#left = true;
    clearTimeout(this.#timer);
  }

  /** A look that fails is taken again: the batch goes on without the page. */
  async #look() {
    try {
      await this.open();
    } catch {
      if (!this.#left) this.#timer = setTimeout(() => this.#look(), LOOK_MS);
    }
  }

  #show(batch) {
    const { state, total, counts, questions_per_second: rate } = batch;
    if (total) this.#bar.max = total;
    if (total) this.#bar.value = counts.done;
    else this.#bar.removeAttribute("value");
    const left = batch.seconds_left;
    this.#facts.replaceChildren(
      ...[
        h("b", { class: "batch-state" }, batch.cancel_requested ? `${state}, stopping` : state),
        h("span", {}, `${formatNumber(counts.done)} of ${total ? formatNumber(total) : "…"}`),
        ...STATES.filter((name) => counts[name]).map((name) =>
          h("span", {}, `${name} `, h("b", {}, formatNumber(counts[name]))),
        ),
        h("span", {}, formatCost(batch.cost_usd)),
        h("span", {}, `${rate.toFixed(1)} a second`),
        left === null ? "" : h("span", {}, `${formatDuration(left * 1000)} left`),
      ],
    );
    if (OVER.has(state)) announce(`The batch is ${state}.`);
    this.#showActions(batch);
  }

  #showActions({ state, results_url: url, counts, failure }) {
    const actions = [];
    if (!OVER.has(state)) actions.push(this.#button("Cancel", () => cancelBatch(this.#id)));
    else if (counts.failed + counts.cancelled + counts.skipped)
      actions.push(this.#button("Ask again what failed", () => this.#retry()));
    if (url) actions.push(h("a", { class: "button", href: url, download: "" }, "Download results"));
    if (failure) actions.push(h("span", {}, failure.message));
    this.#actions.replaceChildren(...actions);
  }

  #button(label, action) {
    const click = async () => {
      this.#error.replaceChildren();
      try {
        await action();
      } catch (error) {
        this.#error.replaceChildren(errorNotice(error, "This was not done."));
      }
    };
    return h("button", { type: "button", on: { click } }, label);
  }

  async #retry() {
    await retryBatch(this.#id);
    this.#rows.replaceChildren();
    this.#after = 0;
    clearTimeout(this.#timer);
    await this.open();
  }

  /** Results in the order of their lines; those that come late are read with the next look. */
  async #readResults() {
    const known = new Set([...this.#rows.children].map(({ dataset }) => dataset.line));
    let after = this.#after;
    while (after !== null && !this.#left) {
      const page = await listResults(this.#id, after);
      for (const result of page.results)
        if (!known.has(String(result.line))) this.#insert(resultRow(result));
      after = page.next_after;
    }
  }

  #insert(row) {
    this.#showRow(row);
    const line = Number(row.dataset.line);
    const next = [...this.#rows.children].find(({ dataset }) => Number(dataset.line) > line);
    this.#rows.insertBefore(row, next ?? null);
  }

  #showRow(row) {
    row.hidden = this.#onlyUnanswered && row.dataset.state === "answered";
  }
}

function resultRow({ line, state, question, answer, message, thread_id: threadId }) {
  const text = question ?? "";
  const asked = threadId ? h("a", { href: `?thread=${encodeURIComponent(threadId)}` }, text) : text;
  return h(
    "tr",
    { "data-line": line, "data-state": state },
    h("td", { class: "align-end" }, String(line)),
    h("td", {}, state),
    h("td", {}, asked),
    h("td", {}, h("div", { class: "clamped" }, answer ?? message ?? "")),
  );
}
