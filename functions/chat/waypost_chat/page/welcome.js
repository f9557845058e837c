/** What is shown before the first question of a thread. */

import { h } from "./dom.js";

const TITLE = "Ask a question";
const TEXT =
  "About the company’s records or its documents. You will see which agent answers, and why.";

/** `ask(question)` is called with the example that was clicked. */
export function welcome(examples, ask, { title = TITLE, text = TEXT } = {}) {
  const example = (question) =>
    h("li", {}, h("button", { type: "button", on: { click: () => ask(question) } }, question));
  return h(
    "section",
    { class: "welcome" },
    h("h2", {}, title),
    h("p", {}, text),
    h("ul", { class: "examples", "aria-label": "Examples" }, examples.map(example)),
  );
}
