/** What an answer took: tokens, cost, times, and each step of the runs that wrote it. */

import { h } from "./dom.js";
import { formatCost, formatDuration, formatNumber } from "./format.js";

const STEP_LABELS = {
  classify: "Classification",
  retrieval: "Retrieval",
  model: "Model call",
  tool: "Tool call",
};

const ZERO_TOTALS = {
  usage: { input_tokens: 0, output_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0 },
  costUsd: 0,
  elapsedMs: 0,
  firstTokenMs: null,
};

export class UsageSummary {
  #totalsElement = h("span", { class: "usage-totals" });
  #tableBody = h("tbody");
  #rowsByStep = new Map();
  #totals = ZERO_TOTALS;
  #previousTotals = ZERO_TOTALS;

  constructor() {
    const names = ["Step", "Name", "Time", "Tokens in", "Tokens out", "Cost"];
    const header = h(
      "tr",
      {},
      names.map((name, n) => h("th", { scope: "col", class: n > 1 && "align-end" }, name)),
    );
    const table = h("table", {}, h("thead", {}, header), this.#tableBody);
    const region = { class: "table-scroll", tabindex: 0, role: "region", "aria-label": "Steps" };
    this.element = h(
      "details",
      { class: "usage", hidden: true },
      h("summary", {}, this.#totalsElement, h("span", { class: "toggle" }, "Steps")),
      h("div", region, table),
    );
  }

  addStep({ step_id: id, kind, name }) {
    const cells = [STEP_LABELS[kind] ?? kind, name, "…", "", "", ""];
    const row = h(
      "tr",
      {},
      cells.map((content, n) => h("td", { class: n > 1 && "align-end" }, content)),
    );
    this.#rowsByStep.set(id, row);
    this.#tableBody.append(row);
  }

  addStepNote({ step_id: id, note }) {
    this.#rowsByStep.get(id)?.cells[1].append(h("span", { class: "step-note" }, note));
  }

  completeStep({ step_id: id, status, elapsed_ms: elapsedMs, usage, cost_usd: costUsd }) {
    const cells = this.#rowsByStep.get(id)?.cells;
    if (!cells) return;
    cells[2].textContent = formatDuration(elapsedMs);
    if (status !== "ok") cells[1].firstChild.after(` (${status})`);
    if (!usage) return;
    cells[3].textContent = formatNumber(usage.input_tokens);
    cells[4].textContent = formatNumber(usage.output_tokens);
    cells[5].textContent = formatCost(costUsd);
  }

  /** Another run continues the answer: its totals are added to those so far. */
  startNextRun() {
    this.#previousTotals = this.#totals;
    this.element.hidden = true;
  }

  /** The run's totals so far; `times` are known when it has ended. */
  setTotals(usage, costUsd, times = {}) {
    const { first_token_ms: firstTokenMs = null, elapsed_ms: elapsedMs = null } = times;
    const totals = { usage, costUsd, firstTokenMs, elapsedMs };
    this.#totals = addTotals(this.#previousTotals, totals);
    this.#renderTotals(this.#totals);
  }

  #renderTotals({ usage, costUsd, firstTokenMs, elapsedMs }) {
    const texts = [
      `${formatNumber(usage.input_tokens)} tokens in, ${formatNumber(usage.output_tokens)} out`,
      usage.cache_read_tokens > 0 && `${formatNumber(usage.cache_read_tokens)} from cache`,
      formatCost(costUsd),
      firstTokenMs !== null && `first token ${formatDuration(firstTokenMs)}`,
      elapsedMs !== null && `${formatDuration(elapsedMs)} total`,
    ];
    this.#totalsElement.replaceChildren(
      ...texts.filter(Boolean).map((text) => h("span", {}, text)),
    );
  }

  show() {
    this.element.hidden = !this.#totalsElement.hasChildNodes();
  }
}

/** The totals of two runs; a cost or time that one of them lacks is unknown for both. */
function addTotals(one, other) {
  const usage = Object.fromEntries(
    Object.keys(one.usage).map((kind) => [kind, one.usage[kind] + other.usage[kind]]),
  );
  const sum = (a, b) => (a === null || b === null ? null : a + b);
  return {
    usage,
    costUsd: sum(one.costUsd, other.costUsd),
    elapsedMs: sum(one.elapsedMs, other.elapsedMs),
    firstTokenMs: one === ZERO_TOTALS ? other.firstTokenMs : one.firstTokenMs,
  };
}
