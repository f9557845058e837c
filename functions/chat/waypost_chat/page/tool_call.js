/** A tool call: its arguments, and its result as text or table. */

import { h } from "./dom.js";
import { formatDuration, formatNumber, pluralize } from "./format.js";

const SQL_TOKEN = /('(?:[^']|'')*'|"[^"]*"|--[^\n]*)|\b(\d+(?:\.\d+)?)\b|\b([A-Za-z_]+)\b/g;
const SQL_KEYWORDS = new Set(
  (
    "all and as asc avg between by case cast coalesce collate count cross date datetime desc " +
    "distinct else end escape except exists false from full glob group having in inner intersect " +
    "is join julianday left length like limit lower max min natural not null nulls offset on or " +
    "order outer over partition recursive right round select strftime substr sum then total trim " +
    "true union upper using values when where window with"
  ).split(" "),
);

export class ToolCallView {
  #state = h("span", { class: "state" }, "writing the request …");
  #body = h("div", { class: "tool-call-body" });
  #result = h("div");
  #partialInput = "";

  constructor(name) {
    const summary = h("summary", {}, h("span", { class: "name" }, name), this.#state);
    this.element = h("details", { class: "tool-call", open: true }, summary, this.#body);
  }

  /** Adds a piece of the arguments' JSON, as the model writes it. */
  appendInput(delta) {
    this.#partialInput += delta;
    this.#body.replaceChildren(codeBlock("Request", this.#partialInput));
  }

  setArguments(args) {
    this.#state.textContent = "running …";
    const { sql, ...others } = args;
    const hasSql = typeof sql === "string";
    const shown = hasSql ? others : args;
    this.#body.replaceChildren(
      ...(hasSql ? [codeBlock("SQL", ...highlightSql(sql))] : []),
      ...(!hasSql || Object.keys(others).length > 0
        ? [codeBlock("Arguments", JSON.stringify(shown, null, 2))]
        : []),
      this.#result,
    );
  }

  setOutput(output, elapsedMs) {
    const table = isTable(output);
    const size = table ? pluralize(output.row_count ?? output.rows.length, "row") : "done";
    const duration = typeof elapsedMs === "number" && formatDuration(elapsedMs);
    this.#end([size, duration].filter(Boolean).join(" · "));
    this.#result.replaceChildren(table ? resultTable(output) : outputBlock(output));
  }

  setTable(table) {
    this.#result.replaceChildren(resultTable(table));
  }

  setError(message) {
    this.#end("failed");
    this.element.classList.add("failed");
    this.#result.replaceChildren(h("p", { class: "error-text" }, message));
    if (!this.#result.isConnected) this.#body.append(this.#result);
  }

  /** The run ended before the tool did. */
  abandon() {
    if (!this.element.classList.contains("ended")) this.#end("not finished");
  }

  #end(state) {
    this.#state.textContent = state;
    this.element.classList.add("ended");
  }
}

/** SQL as text and elements, with its keywords, numbers and literals marked. */
function highlightSql(sql) {
  const nodes = [];
  let index = 0;
  for (const match of sql.matchAll(SQL_TOKEN)) {
    const className = sqlTokenClass(match);
    if (!className) continue;
    const [token] = match;
    nodes.push(sql.slice(index, match.index), h("span", { class: className }, token));
    index = match.index + token.length;
  }
  return [...nodes, sql.slice(index)];
}

function sqlTokenClass([, literal, number, word]) {
  if (literal) return "literal";
  if (number) return "number";
  return SQL_KEYWORDS.has(word.toLowerCase()) ? "keyword" : null;
}

/** `{columns, rows, truncated, row_count?}`; there may be fewer `rows` than `row_count`. */
function resultTable({ columns, rows, truncated, row_count: total = rows.length }) {
  if (rows.length === 0) return h("p", { class: "row-count" }, "No rows.");
  const alignments = columns.map((_, n) => {
    const numeric = rows.every((row) => row[n] === null || typeof row[n] === "number");
    return numeric && "align-end";
  });
  const headers = columns.map((name, n) => h("th", { scope: "col", class: alignments[n] }, name));
  const cells = (row) => row.map((value, n) => h("td", { class: alignments[n] }, cellText(value)));
  const table = h(
    "table",
    {},
    h("thead", {}, h("tr", {}, headers)),
    h(
      "tbody",
      {},
      rows.map((row) => h("tr", {}, cells(row))),
    ),
  );
  const props = { tabindex: 0, role: "region", "aria-label": "Result" };
  const region = h("div", { class: "table-scroll result-table", ...props }, table);
  return h("div", {}, region, rowCount(rows.length, total, truncated));
}

function rowCount(shown, total, truncated) {
  const text =
    shown < total
      ? `The first ${formatNumber(shown)} of ${pluralize(total, "row")}.`
      : truncated && `The first ${pluralize(shown, "row")}; there are more.`;
  return text && h("p", { class: "row-count" }, text);
}

function cellText(value) {
  if (value === null) return h("i", { class: "null" }, "null");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function outputBlock(output) {
  const text = typeof output === "string" ? output : JSON.stringify(output, null, 2);
  return codeBlock("Output", text);
}

function codeBlock(label, ...content) {
  const props = { class: "code-block", tabindex: 0, "aria-label": label };
  return h("pre", props, h("code", {}, ...content));
}

function isTable(output) {
  return Array.isArray(output?.columns) && Array.isArray(output?.rows);
}
