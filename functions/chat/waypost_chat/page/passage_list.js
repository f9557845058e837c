/** What a search of the documents found: passages that unfold, each with where it stands. */

import { h } from "./dom.js";

export function isPassages(output) {
  return (
    Array.isArray(output?.passages) &&
    output.passages.every((passage) => typeof passage?.text === "string")
  );
}

export function passageList({ passages }) {
  if (passages.length === 0) return h("p", { class: "row-count" }, "No passages.");
  return h("ol", { class: "passages" }, passages.map(passageItem));
}

function passageItem({ index, document: name = "", heading = "", text }) {
  const place = heading.split(" > ").at(-1) || name;
  const summary = h(
    "summary",
    {},
    h("span", { class: "passage-index" }, index),
    h("b", {}, place),
    place !== name && h("span", { class: "passage-document" }, name),
  );
  const above = heading !== place && h("p", { class: "passage-heading" }, heading);
  return h("li", {}, h("details", {}, summary, above, h("p", { class: "passage-text" }, text)));
}
