/** What an answer took: tokens, cost, times, and each step of the runs that wrote it. */

import { h } from "./dom.js";
import { cost, count, time } from "./figures.js";
import { agentName } from "./names.js";

const KINDS = {
  classify: "Choose the agent",
  retrieval: "Look up",
  model: "Ask the model",
  tool: "Use a tool",
  agent: "Ask an agent",
};

const NOTHING = {
  usage: { input_tokens: 0, output_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0 },
  dollars: 0,
  elapsed: 0,
  first: null,
};

export class Account {
  #figures = h("span", { class: "figures" });
  #rows = h("tbody");
  #steps = new Map();
  #now = NOTHING;
  #before = NOTHING;

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
    const called = kind === "agent" ? agentName(name) : name;
    const cells = [KINDS[kind] ?? kind, called, "…", "", "", ""];
    const row = h(
      "tr",
      {},
      cells.map((text, n) => h("td", { class: n > 1 && "to-end" }, text)),
    );
    this.#steps.set(id, row);
    this.#rows.append(row);
  }

  noted({ step_id: id, note }) {
    this.#steps.get(id)?.cells[1].append(h("span", { class: "step-note" }, note));
  }

  completed({ step_id: id, status, elapsed_ms: elapsed, usage, cost_usd: dollars }) {
    const cells = this.#steps.get(id)?.cells;
    if (!cells) return;
    cells[2].textContent = time(elapsed);
    if (status !== "ok") cells[1].firstChild.after(` (${status})`);
    if (!usage) return;
    cells[3].textContent = count(usage.input_tokens);
    cells[4].textContent = count(usage.output_tokens);
    cells[5].textContent = cost(dollars);
  }

  /** Another run carries on: what the ones before took is added to its totals. */
  carryOn() {
    this.#before = this.#now;
    this.element.hidden = true;
  }

  /** The run's totals so far, or at its end with its times. */
  total(usage, dollars, times = {}) {
    const { first_token_ms: first = null, elapsed_ms: elapsed = null } = times;
    this.#now = sum(this.#before, { usage, dollars, first, elapsed });
    this.#tell(this.#now);
  }

  #tell({ usage, dollars, first, elapsed }) {
    const parts = [
      `${count(usage.input_tokens)} tokens in, ${count(usage.output_tokens)} out`,
      usage.cache_read_tokens > 0 && `${count(usage.cache_read_tokens)} from cache`,
      cost(dollars),
      first !== null && `first token ${time(first)}`,
      elapsed !== null && `${time(elapsed)} in all`,
    ];
    this.#figures.replaceChildren(...parts.filter(Boolean).map((part) => h("span", {}, part)));
  }

  show() {
    this.element.hidden = !this.#figures.hasChildNodes();
  }
}

/** Two runs as one: a price or a time that one of them lacks is not known of both. */
function sum(one, other) {
  const usage = Object.fromEntries(
    Object.keys(one.usage).map((kind) => [kind, one.usage[kind] + other.usage[kind]]),
  );
  const both = (a, b) => (a === null || b === null ? null : a + b);
  return {
    usage,
    dollars: both(one.dollars, other.dollars),
    elapsed: both(one.elapsed, other.elapsed),
    first: one === NOTHING ? other.first : one.first,
  };
}
