/** Two versions of an agent side by side: only what differs, with a little around it. */

import { PARTS, contentOf, linesOf } from "./content.js";
import { differences } from "./difference.js";
import { h } from "./dom.js";
import { counted } from "./figures.js";

/** Lines shown before and after one that differs. */
const AROUND = 2;
const SIGNS = { same: " ", gone: "-", new: "+" };
const SAID = { gone: "removed: ", new: "added: " };

/** What became of `before` in `after`. */
export function comparison(before, after) {
  const [one, other] = [contentOf(before), contentOf(after)];
  const parts = PARTS.map(([part, label]) =>
    section(label, linesOf(one[part]), linesOf(other[part])),
  );
  const shown = parts.filter(Boolean);
  if (shown.length === 0) return h("p", { class: "alike" }, "Their contents are the same.");
  return h("div", { class: "comparison" }, shown);
}

function section(label, before, after) {
  const lines = differences(before, after);
  if (lines.every(({ kind }) => kind === "same")) return null;
  const props = { class: "lines", tabindex: 0, role: "region", "aria-label": `${label}: changes` };
  return h("section", {}, h("h3", {}, label), h("div", props, folded(lines).map(drawn)));
}

/** Long stretches without a difference become one line that counts them. */
function folded(lines) {
  const near = lines.map((_, n) =>
    lines.slice(Math.max(0, n - AROUND), n + AROUND + 1).some(({ kind }) => kind !== "same"),
  );
  return lines.flatMap((line, n) => {
    if (near[n]) return [line];
    if (n > 0 && !near[n - 1]) return [];
    const next = near.indexOf(true, n);
    return [{ kind: "gap", count: (next < 0 ? lines.length : next) - n }];
  });
}

function drawn({ kind, text, count }) {
  if (kind === "gap") return h("p", { class: "gap" }, `${counted(count, "line")} alike`);
  const tag = { gone: "del", new: "ins" }[kind] ?? "span";
  return h(
    tag,
    { class: "line" },
    h("span", { class: "sign-of", "aria-hidden": "true" }, SIGNS[kind]),
    SAID[kind] && h("span", { class: "unseen" }, SAID[kind]),
    h("span", {}, text || " "),
  );
}
