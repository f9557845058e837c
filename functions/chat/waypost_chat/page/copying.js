/** Text to the clipboard. */

import { announce, h } from "./dom.js";

/** Copies `text`, and says so on the `button` that was pressed. */
export async function copy(text, button) {
  const done = (await viaClipboard(text)) || viaSelection(text);
  button.textContent = done ? "Copied" : "Not copied: select the text and copy it";
  announce(button.textContent);
}

/** There is none where the page came over plain HTTP from another machine. */
async function viaClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function viaSelection(text) {
  const focused = document.activeElement;
  const field = h("textarea", { class: "unseen", readonly: true, "aria-hidden": "true" }, text);
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus();
  return done;
}
