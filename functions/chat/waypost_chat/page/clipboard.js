/** Copies text to the clipboard. */

import { announce, h } from "./dom.js";

/** Copies `text`, and shows on the pressed `button` whether that worked. */
export async function copyText(text, button) {
  const copied = (await copyWithClipboard(text)) || copyWithSelection(text);
  button.textContent = copied ? "Copied" : "Not copied: select the text and copy it";
  announce(button.textContent);
}

/** Fails where there is no clipboard: the page came over plain HTTP from another machine. */
async function copyWithClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function copyWithSelection(text) {
  const focused = document.activeElement;
  const props = { class: "visually-hidden", readonly: true, "aria-hidden": "true" };
  const textarea = h("textarea", props, text);
  document.body.append(textarea);
  textarea.select();
  const copied = document.execCommand("copy");
  textarea.remove();
  focused?.focus();
  return copied;
}
