/** What a run's tools were asked and what they found. */

import { h } from "./dom.js";
import { count, counted, time } from "./figures.js";

const WORDS = /('(?:[^']|'')*'|"[^"]*"|--[^\n]*)|\b(\d+(?:\.\d+)?)\b|\b([A-Za-z_]+)\b/g;
const KEYWORDS = new Set(
  (
    "all and as asc avg between by case cast coalesce collate count cross date datetime desc " +
    "distinct else end escape except exists false from full glob group having in inner intersect " +
    "is join julianday left length like limit lower max min natural not null nulls offset on or " +
    "order outer over partition recursive right round select strftime substr sum then total trim " +
    "true union upper using values when where window with"
  ).split(" "),
);

/** One tool call. */
export class ToolCall {
  #state = h("span", { class: "state" }, "writing the request …");
  #body = h("div", { class: "body" });
  #result = h("div");
  #startedWith = "";

  constructor(name) {
    const summary = h("summary", {}, h("span", { class: "name" }, name), this.#state);
    this.element = h("details", { class: "tool", open: true }, summary, this.#body);
  }

  /** A piece of the request, as the model writes it. */
  input(delta) {
    this.#startedWith += delta;
    this.#body.replaceChildren(listing("Request", this.#startedWith));
  }

  arguments(given) {
    this.#state.textContent = "running …";
    const { sql, ...rest } = given;
    const other = Object.keys(rest).length > 0 || typeof sql !== "string";
    const parts = [
      typeof sql === "string" && listing("SQL", ...sqlNodes(sql)),
      other &&
        listing("Arguments", JSON.stringify(typeof sql === "string" ? rest : given, null, 2)),
    ];
    this.#body.replaceChildren(...parts.filter(Boolean), this.#result);
  }

  output(output, elapsed) {
    const found = isTable(output) ? counted(output.row_count ?? output.rows.length, "row") : "done";
    this.#ended([found, typeof elapsed === "number" && time(elapsed)].filter(Boolean).join(" · "));
    this.#result.replaceChildren(isTable(output) ? resultTable(output) : value(output));
  }

  table(table) {
    this.#result.replaceChildren(resultTable(table));
  }

  failed(message) {
    this.#ended("failed");
    this.element.classList.add("failed");
    this.#result.replaceChildren(h("p", { class: "problem-text" }, message));
    if (!this.#result.isConnected) this.#body.append(this.#result);
  }

  /** The run ended before the tool did. */
  abandoned() {
    if (!this.element.classList.contains("ended")) this.#ended("not finished");
  }

  #ended(state) {
    this.#state.textContent = state;
    this.element.classList.add("ended");
  }
}

/** SQL with its keywords, numbers and texts told apart. */
export function sqlNodes(sql) {
  const nodes = [];
  let at = 0;
  for (const found of sql.matchAll(WORDS)) {
    const [whole, text, number, word] = found;
    const kind = text
      ? "literal"
      : number
        ? "number"
        : KEYWORDS.has(word.toLowerCase()) && "keyword";
    if (!kind) continue;
    nodes.push(sql.slice(at, found.index), h("span", { class: kind }, whole));
    at = found.index + whole.length;
  }
  return [...nodes, sql.slice(at)];
}

/** `{columns, rows, truncated, row_count?}`: fewer rows than `row_count` are only its first. */
function resultTable({ columns, rows, truncated, row_count: total = rows.length }) {
  if (rows.length === 0) return h("p", { class: "note" }, "No rows.");
  const numeric = columns.map((_, n) =>
    rows.every((row) => row[n] === null || typeof row[n] === "number"),
  );
  const cell = (entry, n) => h("td", { class: numeric[n] && "to-end" }, plain(entry));
  const grid = h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        columns.map((name, n) => heading(name, numeric[n])),
      ),
    ),
    h(
      "tbody",
      {},
      rows.map((row) => h("tr", {}, row.map(cell))),
    ),
  );
  const props = { class: "scroll result", tabindex: 0, role: "region", "aria-label": "Result" };
  return h("div", {}, h("div", props, grid), extent(rows.length, total, truncated));
}

function heading(name, numeric) {
  return h("th", { scope: "col", class: numeric && "to-end" }, name);
}

function extent(shown, total, truncated) {
  const text =
    shown < total
      ? `The first ${count(shown)} of ${counted(total, "row")}.`
      : truncated && `The first ${counted(shown, "row")}; there are more.`;
  return text && h("p", { class: "note" }, text);
}

function plain(entry) {
  if (entry === null) return h("i", { class: "nothing" }, "null");
  return typeof entry === "object" ? JSON.stringify(entry) : String(entry);
}

function value(output) {
  return listing("Output", typeof output === "string" ? output : JSON.stringify(output, null, 2));
}

function listing(label, ...content) {
  return h(
    "pre",
    { class: "listing", tabindex: 0, "aria-label": label },
    h("code", {}, ...content),
  );
}

function isTable(output) {
  return Array.isArray(output?.columns) && Array.isArray(output?.rows);
}
