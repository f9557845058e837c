/** Places to type in, each with its name, a word of help, and what is wrong with it. */

import { h } from "./dom.js";
import { counted } from "./figures.js";

/**
 * A control under its label. `read()` and `write(value)` are in terms of the API; `refuse(text)`
 * says what is wrong, nothing where the text is empty; `lock()` leaves it for reading only.
 */
export function field({ part, label, hint, needed, id = `field-${part}` }, control, does) {
  const error = h("p", { class: "wrong", id: `${id}-wrong`, hidden: true });
  const help = hint && h("p", { class: "hint", id: `${id}-hint` }, hint);
  control.id = id;
  control.setAttribute("aria-describedby", `${hint ? `${id}-hint ` : ""}${id}-wrong`);
  if (needed) control.setAttribute("aria-required", "true");
  const refuse = (text) => {
    error.textContent = text;
    error.hidden = !text;
    control.toggleAttribute("aria-invalid", Boolean(text));
    if (text) control.setAttribute("aria-invalid", "true");
  };
  control.addEventListener("input", () => refuse(""));
  const title = h("label", { for: id }, label);
  const element = h("div", { class: "field", "data-part": part }, title, control, error, help);
  const focus = () => control.focus();
  const lock = () => control.setAttribute("readonly", "");
  return { part, needed, element, refuse, focus, lock, ...does(control) };
}

/** One line of text. */
export const line = (about) =>
  field(about, h("input", { type: "text", autocomplete: "off", ...about.props }), (control) => ({
    read: () => control.value.trim(),
    write: (value) => (control.value = value),
  }));

/** Text of any length. */
export const prose = (about) => field(about, h("textarea", { rows: 3, ...about.props }), typed);

/** Several texts, one a line. */
export const listed = (about) =>
  field(about, h("textarea", { rows: 3, spellcheck: "false", ...about.props }), (control) => ({
    read: () => control.value.split("\n").map(trimmed).filter(Boolean),
    write: (values) => fill(control, values.join("\n")),
  }));

/** Several words in one line. */
export const words = (about) =>
  field(
    about,
    h("input", { type: "text", autocomplete: "off", spellcheck: "false" }),
    (control) => ({
      read: () => control.value.split(/[\s,]+/).filter(Boolean),
      write: (values) => (control.value = values.join(", ")),
    }),
  );

/** A whole number. What is none is handed on as it is: the API says what it wants. */
export const number = (about) =>
  field(about, h("input", { type: "text", inputmode: "numeric" }), (control) => ({
    read: () => (/^\d+$/.test(control.value.trim()) ? Number(control.value) : control.value),
    write: (value) => (control.value = String(value)),
  }));

/** A number with decimals, or none. */
export const amount = (about) =>
  field(about, h("input", { type: "text", inputmode: "decimal" }), (control) => ({
    read() {
      const typed = control.value.trim();
      if (!typed) return null;
      return /^\d*\.?\d+$/.test(typed) ? Number(typed) : typed;
    },
    write: (value) => (control.value = value ?? ""),
  }));

/** Long text to be read as it is, with its length. */
export function script(about) {
  const made = prose({ ...about, props: { rows: 14, class: "script", spellcheck: "false" } });
  const length = h("p", { class: "length" });
  const control = made.element.querySelector("textarea");
  const tell = () => {
    const { value } = control;
    const lines = value ? value.split("\n").length : 0;
    length.textContent = `${counted(value.length, "character")}, ${counted(lines, "line")}`;
  };
  control.addEventListener("input", tell);
  control.after(length);
  const write = (value) => (made.write(value), tell());
  return { ...made, write };
}

function typed(control) {
  const fit = () => grow(control);
  control.addEventListener("input", fit);
  return { read: () => control.value.trim(), write: (value) => fill(control, value) };
}

function fill(control, value) {
  control.value = value;
  grow(control);
}

/** As high as its text, where the browser does not do that by itself. */
function grow(control) {
  if (CSS.supports("field-sizing", "content")) return;
  control.style.height = "auto";
  if (control.scrollHeight > 0) control.style.height = `${control.scrollHeight + 2}px`;
}

const trimmed = (text) => text.trim();
