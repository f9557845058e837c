/** What stands where nothing was asked yet. */

import { h } from "./dom.js";

const TITLE = "Where to?";
const ABOUT =
  "Ask about the company’s records or its documents. You will see which agent takes the " +
  "question, and why.";

/** `ask(question)` is called with the example that was clicked. */
export function welcome(questions, ask, { title = TITLE, about = ABOUT } = {}) {
  const example = (text) =>
    h("li", {}, h("button", { type: "button", on: { click: () => ask(text) } }, text));
  return h(
    "section",
    { class: "empty" },
    h("h2", {}, title),
    h("p", {}, about),
    h("ul", { class: "examples", "aria-label": "Examples" }, questions.map(example)),
  );
}
