/** A dialog that asks for a confirmation. */

import { h } from "./dom.js";

/** Resolves to whether the reader confirms; Escape cancels. `subject` is what it is about. */
export function confirmDialog({ title, subject, text, confirmLabel, cancelLabel = "Cancel" }) {
  const dialog = h(
    "dialog",
    { "aria-labelledby": "dialog-title" },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "dialog-title" }, title),
      subject && h("p", { class: "dialog-subject" }, subject),
      h("p", { class: "dialog-text" }, text),
      h(
        "p",
        { class: "actions" },
        h("button", { value: "cancel" }, cancelLabel),
        h("button", { value: "confirm", class: "danger" }, confirmLabel),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "confirm");
    });
  });
}
