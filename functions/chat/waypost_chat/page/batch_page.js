/** One batch: how far it is while it runs, its results as a table, and what can be done. */

import { cancelBatch, getBatch, listResults, retryBatch } from "./batches_api.js";
import { announce, h } from "./dom.js";
import { formatCost, formatDuration, formatNumber } from "./format.js";
import { errorNotice } from "./notices.js";

const OVER = new Set(["completed", "cancelled", "failed"]);
/** Between two looks, which are further apart the longer the batch takes. */
const FIRST_LOOK_MS = 1000;
const MAX_LOOK_MS = 10_000;
/** Results that the table shows; the file has them all. */
const MAX_ROWS = 1000;
const STATES = ["answered", "failed", "rejected", "cancelled", "skipped"];

export class BatchPage {
  #id;
  #timer = 0;
  #left = false;
  /** The last line up to which every result is there. */
  #through = 0;
  #lines = new Set();
  #lookMs = FIRST_LOOK_MS;
  #onlyUnanswered = false;
  #bar = h("progress", { "aria-label": "Questions with a result" });
  #facts = h("p", { class: "metadata" });
  #actions = h("p", { class: "actions" });
  #error = h("div");
  #rows = h("tbody");
  #cut = h(
    "p",
    { hidden: true },
    `These are the first ${formatNumber(MAX_ROWS)} lines; the file of results has them all.`,
  );
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
    this.#cut,
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
    this.#lookAgain();
  }

  #lookAgain() {
    this.#timer = setTimeout(() => this.#look(), this.#lookMs);
    this.#lookMs = Math.min(1.05 * this.#lookMs, MAX_LOOK_MS);
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
      if (!this.#left) this.#lookAgain();
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
    this.#lines.clear();
    this.#through = 0;
    this.#lookMs = FIRST_LOOK_MS;
    clearTimeout(this.#timer);
    await this.open();
  }

  /** Results in the order of their lines; those that come late are read with the next look. */
  async #readResults() {
    let after = this.#through;
    while (after !== null && after < MAX_ROWS && !this.#left) {
      const page = await listResults(this.#id, after);
      for (const result of page.results)
        if (!this.#lines.has(result.line) && result.line <= MAX_ROWS) this.#insert(result);
      after = page.next_after;
    }
    while (this.#lines.has(this.#through + 1)) this.#through += 1;
    this.#cut.hidden = this.#lines.size < MAX_ROWS;
  }

  #insert(result) {
    const row = resultRow(result);
    this.#lines.add(result.line);
    this.#showRow(row);
    let before = this.#rows.lastElementChild;
    while (before && Number(before.dataset.line) > result.line)
      before = before.previousElementSibling;
    if (before) before.after(row);
    else this.#rows.prepend(row);
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
