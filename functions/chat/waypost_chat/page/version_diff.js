/** What changed between two versions of an agent, field by field. */

import { definitionOf, FIELD_LABELS } from "./agent_definition.js";
import { h } from "./dom.js";
import { pluralize } from "./format.js";
import { diffLines } from "./line_diff.js";

/** Unchanged lines shown before and after a changed one. */
const CONTEXT_LINES = 2;
const SIGNS = { same: " ", removed: "-", added: "+" };
const TAGS = { same: "span", removed: "del", added: "ins" };

export function versionDiff(before, after) {
  const [old, current] = [definitionOf(before), definitionOf(after)];
  const sections = Object.entries(FIELD_LABELS)
    .map(([field, label]) => fieldDiff(label, toLines(old[field]), toLines(current[field])))
    .filter(Boolean);
  if (sections.length === 0) return h("p", { class: "no-changes" }, "No differences.");
  return h("div", { class: "diff" }, sections);
}

/** Null where the field has not changed. */
function fieldDiff(label, before, after) {
  const lines = diffLines(before, after);
  if (lines.every(({ kind }) => kind === "same")) return null;
  const props = { tabindex: 0, role: "region", "aria-label": `${label}: changes` };
  return h(
    "section",
    {},
    h("h3", {}, label),
    h("div", { class: "diff-lines", ...props }, collapseUnchanged(lines).map(lineElement)),
  );
}

/** Lines far from any change become one `{kind: "gap", count}`. */
function collapseUnchanged(lines) {
  const nearChange = lines.map((_, n) =>
    lines
      .slice(Math.max(0, n - CONTEXT_LINES), n + CONTEXT_LINES + 1)
      .some(({ kind }) => kind !== "same"),
  );
  return lines.flatMap((line, n) => {
    if (nearChange[n]) return [line];
    if (n > 0 && !nearChange[n - 1]) return [];
    const next = nearChange.indexOf(true, n);
    return [{ kind: "gap", count: (next < 0 ? lines.length : next) - n }];
  });
}

function lineElement({ kind, text, count }) {
  if (kind === "gap") return h("p", { class: "diff-gap" }, pluralize(count, "unchanged line"));
  return h(
    TAGS[kind],
    { class: "diff-line" },
    h("span", { class: "diff-sign", "aria-hidden": "true" }, SIGNS[kind]),
    kind !== "same" && h("span", { class: "visually-hidden" }, `${kind}: `),
    h("span", {}, text || " "),
  );
}

/** The value of a field as lines of text. */
function toLines(value) {
  if (Array.isArray(value)) return value;
  if (typeof value === "boolean") return [value ? "yes" : "no"];
  if (value === null || value === "") return [];
  return String(value).split("\n");
}
