/** A tool call: its arguments, and its result as text, table or passages. */

import { h } from "./dom.js";
import { formatDuration, pluralize } from "./format.js";
import { isPassages, passageList } from "./passage_list.js";
import { resultTable } from "./result_table.js";

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
    const duration = typeof elapsedMs === "number" && formatDuration(elapsedMs);
    this.#end([sizeText(output), duration].filter(Boolean).join(" · "));
    this.#result.replaceChildren(resultElement(output));
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

function sizeText(output) {
  if (isTable(output)) return pluralize(output.row_count ?? output.rows.length, "row");
  return isPassages(output) ? pluralize(output.passages.length, "passage") : "done";
}

function resultElement(output) {
  if (isTable(output)) return resultTable(output);
  return isPassages(output) ? passageList(output) : outputBlock(output);
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
