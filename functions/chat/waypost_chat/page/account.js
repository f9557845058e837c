/** What a run took: tokens, cost, times, and each of its steps. */

import { h } from "./dom.js";
import { cost, count, time } from "./figures.js";

const KINDS = {
  classify: "Choose the agent",
  retrieval: "Look up",
  model: "Ask the model",
  tool: "Use a tool",
  agent: "Ask an agent",
};

export class Account {
  #figures = h("span", { class: "figures" });
  #rows = h("tbody");
  #steps = new Map();

  constructor() {
    const heads = ["Step", "Name", "Time", "Tokens in", "Tokens out", "Cost"];
    const head = h(
      "tr",
      {},
      heads.map((name, n) => h("th", { scope: "col", class: n > 1 && "to-end" }, name)),
    );
    const grid = h("table", {}, h("thead", {}, head), this.#rows);
    const scroll = { class: "scroll", tabindex: 0, role: "region", "aria-label": "Steps" };
    this.element = h(
      "details",
      { class: "account", hidden: true },
      h("summary", {}, this.#figures, h("span", { class: "more" }, "Steps")),
      h("div", scroll, grid),
    );
  }

  started({ step_id: id, kind, name }) {
    const cells = [KINDS[kind] ?? kind, name, "…", "", "", ""];
    const row = h(
      "tr",
      {},
      cells.map((text, n) => h("td", { class: n > 1 && "to-end" }, text)),
    );
    this.#steps.set(id, row);
    this.#rows.append(row);
  }

  completed({ step_id: id, status, elapsed_ms: elapsed, usage, cost_usd: dollars }) {
    const cells = this.#steps.get(id)?.cells;
    if (!cells) return;
    cells[2].textContent = time(elapsed);
    if (status !== "ok") cells[1].append(` (${status})`);
    if (!usage) return;
    cells[3].textContent = count(usage.input_tokens);
    cells[4].textContent = count(usage.output_tokens);
    cells[5].textContent = cost(dollars);
  }

  /** Totals so far, or at the end with its times. */
  total(usage, dollars, times = {}) {
    const parts = [
      `${count(usage.input_tokens)} tokens in, ${count(usage.output_tokens)} out`,
      usage.cache_read_tokens > 0 && `${count(usage.cache_read_tokens)} from cache`,
      cost(dollars),
      number(times.first_token_ms) && `first token ${time(times.first_token_ms)}`,
      number(times.elapsed_ms) && `${time(times.elapsed_ms)} in all`,
    ];
    this.#figures.replaceChildren(...parts.filter(Boolean).map((part) => h("span", {}, part)));
  }

  show() {
    this.element.hidden = !this.#figures.hasChildNodes();
  }
}

const number = (value) => typeof value === "number";
