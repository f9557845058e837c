/** What went wrong or stopped, in words, with what can be done about it. */

import { ApiError, Unreachable } from "./api.js";
import { h } from "./dom.js";

/**
 * `kind` is problem or calm; `facts` are what to quote when asking for help; `actions` are
 * `[label, click, class]`, the last of them if need be.
 */
export function notice(kind, title, { text, facts = [], actions = [] } = {}) {
  const known = facts.filter(([, fact]) => fact);
  return h(
    "div",
    { class: `notice ${kind}`, role: kind === "problem" ? "alert" : "status" },
    h("p", { class: "title" }, title),
    text && h("p", {}, text),
    known.length > 0 &&
      h(
        "dl",
        {},
        known.map(([name, fact]) => [h("dt", {}, name), h("dd", {}, fact)]),
      ),
    actions.length > 0 && h("p", { class: "actions" }, actions.map(button)),
  );
}

/** What an exception of `api.js` says; anything else is not for people and is thrown on. */
export function errorNotice(error, title, actions = []) {
  if (error instanceof Unreachable) {
    const text = "Waypost cannot be reached. Check the connection and try again.";
    return notice("problem", title, { text, actions });
  }
  if (!(error instanceof ApiError)) throw error;
  const facts = [
    ["Status", String(error.status)],
    ["Code", error.code],
    ["Request", error.requestId],
  ];
  return notice("problem", title, { text: error.message, facts, actions });
}

function button([label, does, kind]) {
  const click = (event) => {
    const main = event.target.closest("main") ?? document.getElementById("scroller");
    does(event);
    if (!event.target.isConnected) main.focus();
  };
  return h("button", { type: "button", class: kind, on: { click } }, label);
}
