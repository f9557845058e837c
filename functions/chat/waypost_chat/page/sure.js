/** A question that has to be answered before anything else. */

import { h } from "./dom.js";

/** Resolves to whether the reader says `yes`; Escape says `no`. */
export function sure({ title, text, yes, no }) {
  const dialog = h(
    "dialog",
    { "aria-labelledby": "sure-title" },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "sure-title" }, title),
      h("p", { class: "what-then" }, text),
      h(
        "p",
        { class: "actions" },
        h("button", { value: "no" }, no),
        h("button", { value: "yes", class: "danger" }, yes),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
