/** Markdown blocks: parsed from a text, then rendered as nodes. */

import { h } from "./dom.js";
import { renderInline } from "./markdown_inline.js";

const MAX_DEPTH = 8;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/;
const RULE = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const FENCE = /^( {0,3})(`{3,}|~{3,})[ \t]*([^\s`]{0,40})[^`]*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?: +|$)/;
const BLANK = /^\s*$/;

/** The blocks of a text, each with the line on which it starts: `{type, line, …}`. */
export function parseBlocks(text) {
  const lines = text.replaceAll("\t", "    ").split("\n");
  const blocks = [];
  for (let at = 0; at < lines.length; ) {
    if (BLANK.test(lines[at])) {
      at += 1;
    } else {
      const [block, next] = blockAt(lines, at);
      blocks.push({ ...block, line: at });
      at = next;
    }
  }
  return blocks;
}

/** The nodes of a whole text; `options` as in `renderInline`. */
export function renderMarkdown(text, options = {}, depth = 0) {
  if (depth > MAX_DEPTH) return [h("p", {}, text)];
  return parseBlocks(text).map((block) => renderBlock(block, options, depth));
}

export function renderBlock(block, options = {}, depth = 0) {
  return RENDERERS[block.type](block, options, depth);
}

function blockAt(lines, at) {
  for (const parse of [code, heading, rule, quote, list, table]) {
    const found = parse(lines, at);
    if (found) return found;
  }
  return paragraph(lines, at);
}

function code(lines, at) {
  const fence = FENCE.exec(lines[at]);
  if (!fence) return null;
  const [, indent, ticks, language] = fence;
  const closes = (line) => {
    const bare = line.trim();
    return bare.length >= ticks.length && bare === ticks[0].repeat(bare.length);
  };
  let end = at + 1;
  while (end < lines.length && !closes(lines[end])) end += 1;
  const inner = lines.slice(at + 1, end).map((line) => outdent(line, indent.length));
  return [{ type: "code", language, text: inner.join("\n") }, end + 1];
}

function heading(lines, at) {
  const found = HEADING.exec(lines[at]);
  if (!found) return null;
  const text = (found[2] ?? "").replace(/(^|\s)#{1,99}\s{0,99}$/, "").trim();
  return [{ type: "heading", level: found[1].length, text }, at + 1];
}

function rule(lines, at) {
  return RULE.test(lines[at]) ? [{ type: "rule" }, at + 1] : null;
}

function quote(lines, at) {
  if (!QUOTE.test(lines[at])) return null;
  let end = at;
  while (end < lines.length && (QUOTE.test(lines[end]) || continuesParagraph(lines, end))) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(QUOTE, ""));
  return [{ type: "quote", text: inner.join("\n") }, end];
}

function list(lines, at) {
  const first = ITEM.exec(lines[at]);
  // "28." alone is an answer and not a list.
  if (!first || first[0].length === lines[at].length) return null;
  const ordered = isOrdered(first);
  const items = [];
  let loose = false;
  let end = at;
  while (end < lines.length) {
    const [text, next] = item(lines, end);
    items.push(text);
    end = afterBlanks(lines, next);
    const following = end < lines.length && !RULE.test(lines[end]) && ITEM.exec(lines[end]);
    if (!following || isOrdered(following) !== ordered) break;
    loose ||= end > next;
  }
  return [{ type: "list", ordered, start: Number.parseInt(first[2], 10) || 0, loose, items }, end];
}

/** One item's text without its indent of at least two columns, and the line after it. */
function item(lines, at) {
  const width = ITEM.exec(lines[at])[0].length;
  const inner = [lines[at].slice(width)];
  let end = at + 1;
  for (;;) {
    const next = afterBlanks(lines, end);
    if (next === lines.length) break;
    const isContinuation = next === end && continuesParagraph(lines, end) && !ITEM.test(lines[end]);
    if (!isContinuation && !/^ {2}/.test(lines[next])) break;
    for (; end <= next; end += 1) inner.push(outdent(lines[end], width));
  }
  return [inner.join("\n"), end];
}

function table(lines, at) {
  const head = cells(lines[at]);
  if (head.length === 0 || at + 1 === lines.length) return null;
  const marks = cells(lines[at + 1]);
  if (marks.length !== head.length || !marks.every((mark) => /^:?-+:?$/.test(mark))) return null;
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|") && !BLANK.test(lines[end])) end += 1;
  const align = marks.map((mark) =>
    mark.endsWith(":") ? (mark[0] === ":" ? "center" : "end") : "start",
  );
  return [{ type: "table", head, align, rows: lines.slice(at + 2, end).map(cells) }, end];
}

/** A row's cells; none where there is no bar. A bar behind a backslash is text. */
function cells(line) {
  if (!line.includes("|")) return [];
  const bare = line
    .trim()
    .replace(/^\|/, "")
    .replace(/(?<!\\)\|$/, "");
  return bare.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function paragraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && continuesParagraph(lines, end) && !table(lines, end)) end += 1;
  const text = lines
    .slice(at, end)
    .map((line) => line.trimStart())
    .join("\n")
    .trimEnd();
  return [{ type: "paragraph", text }, end];
}

/** Whether a line belongs to the paragraph before it. */
function continuesParagraph(lines, at) {
  const line = lines[at];
  const starts = [BLANK, HEADING, RULE, FENCE, QUOTE].some((pattern) => pattern.test(line));
  const found = ITEM.exec(line);
  const item = found && found[0].length < line.length && (!isOrdered(found) || /^ *1\D/.test(line));
  return !starts && !item;
}

function isOrdered(item) {
  return item[2].length > 1;
}

function afterBlanks(lines, at) {
  let end = at;
  while (end < lines.length && BLANK.test(lines[end])) end += 1;
  return end;
}

function outdent(line, width) {
  let cut = 0;
  while (cut < width && line[cut] === " ") cut += 1;
  return line.slice(cut);
}

const RENDERERS = {
  // An answer is below its question, which is a heading of level two.
  heading: ({ level, text }, options) =>
    h(`h${Math.min(6, level + 2)}`, {}, ...renderInline(text, options)),
  rule: () => h("hr"),
  code: ({ language, text }) =>
    h("pre", { tabindex: 0, "aria-label": language || "code" }, h("code", {}, text)),
  quote: ({ text }, options, depth) =>
    h("blockquote", {}, ...renderMarkdown(text, options, depth + 1)),
  paragraph: ({ text }, options) => h("p", {}, ...renderInline(text, options)),
  list: renderList,
  table: renderTable,
};

function renderList({ ordered, start, loose, items }, options, depth) {
  const listItems = items.map((text) => {
    const inner = renderMarkdown(text, options, depth + 1);
    const [first, ...rest] = inner;
    return h(
      "li",
      {},
      ...(!loose && first?.tagName === "P" ? [...first.childNodes, ...rest] : inner),
    );
  });
  return h(ordered ? "ol" : "ul", { start: ordered && start !== 1 ? start : null }, ...listItems);
}

function renderTable({ head, align, rows }, options) {
  const cell = (tag) => (text, column) =>
    h(
      tag,
      { class: `align-${align[column]}`, scope: tag === "th" && "col" },
      ...renderInline(text, options),
    );
  const row = (texts) =>
    h(
      "tr",
      {},
      head.map((_, column) => cell("td")(texts[column] ?? "", column)),
    );
  const headerRow = h("tr", {}, head.map(cell("th")));
  const tableElement = h("table", {}, h("thead", {}, headerRow), h("tbody", {}, rows.map(row)));
  return h(
    "div",
    { class: "table-scroll", tabindex: 0, role: "region", "aria-label": "Table" },
    tableElement,
  );
}
