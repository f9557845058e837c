/** Notices: what went wrong or what happened, and what can be done about it. */

import { ApiError, NetworkError } from "./api.js";
import { h } from "./dom.js";

/**
 * `kind` is error or info; `facts` are `[name, value]` to quote when asking for help; `actions`
 * are `[label, onClick, class]`, the last of them optional.
 */
export function notice(kind, title, { text, facts = [], actions = [] } = {}) {
  const known = facts.filter(([, value]) => value);
  return h(
    "div",
    { class: `notice ${kind}`, role: kind === "error" ? "alert" : "status" },
    h("p", { class: "title" }, title),
    text && h("p", {}, text),
    known.length > 0 &&
      h(
        "dl",
        {},
        known.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
      ),
    actions.length > 0 && h("p", { class: "actions" }, actions.map(actionButton)),
  );
}

/** A notice for an error of `api.js`; any other error is thrown again. */
export function errorNotice(error, title, actions = []) {
  if (error instanceof NetworkError) {
    const text = "Waypost cannot be reached. Check the connection and try again.";
    return notice("error", title, { text, actions });
  }
  if (!(error instanceof ApiError)) throw error;
  const facts = [
    ["Status", String(error.status)],
    ["Code", error.code],
    ["Request", error.requestId],
  ];
  return notice("error", title, { text: error.message, facts, actions });
}

/** Where the button goes away when it is clicked, the focus moves to the view. */
function actionButton([label, onClick, className]) {
  const click = (event) => {
    const main = event.target.closest("main") ?? document.getElementById("scroller");
    onClick(event);
    if (!event.target.isConnected) main.focus();
  };
  return h("button", { type: "button", class: className, on: { click } }, label);
}
