/** Form fields to type in, each with its label, hint and error. */

import { h } from "./dom.js";
import { pluralize } from "./format.js";

/**
 * A control under its label. `accessors(control)` makes `value()` and `setValue(value)`, in the
 * terms of the API. An empty `setError(text)` clears the error.
 */
export function labelledField({ name, label, hint, required }, control, accessors) {
  const id = `field-${name}`;
  const error = h("p", { class: "field-error", id: `${id}-error`, hidden: true });
  const hintElement = hint && h("p", { class: "hint", id: `${id}-hint` }, hint);
  control.id = id;
  control.setAttribute("aria-describedby", `${hint ? `${id}-hint ` : ""}${id}-error`);
  if (required) control.setAttribute("aria-required", "true");
  const setError = (text) => {
    error.textContent = text;
    error.hidden = !text;
    if (text) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  };
  control.addEventListener("input", () => setError(""));
  const element = h(
    "div",
    { class: "field", "data-field": name },
    h("label", { for: id }, label),
    control,
    error,
    hintElement,
  );
  const focus = () => control.focus();
  const setReadOnly = () => control.setAttribute("readonly", "");
  return { name, required, element, setError, focus, setReadOnly, ...accessors(control) };
}

/** One line of text. */
export const textField = (options) =>
  labelledField(options, lineInput(options.attributes), (input) => ({
    value: () => input.value.trim(),
    setValue: (value) => {
      input.value = value;
    },
  }));

/** A text of several lines. */
export function textAreaField(options) {
  const attributes = { rows: 3, ...options.attributes };
  return labelledField(options, h("textarea", attributes), (textarea) => {
    textarea.addEventListener("input", () => resize(textarea));
    return {
      value: () => textarea.value.trim(),
      setValue: (value) => setText(textarea, value),
    };
  });
}

/** A list of texts, one per line. */
export const linesField = (options) =>
  labelledField(options, h("textarea", { rows: 3, spellcheck: "false" }), (textarea) => ({
    value: () =>
      textarea.value
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean),
    setValue: (values) => setText(textarea, values.join("\n")),
  }));

/** A list of words in one line. */
export const wordsField = (options) =>
  labelledField(options, lineInput({ spellcheck: "false" }), (input) => ({
    value: () => input.value.split(/[\s,]+/).filter(Boolean),
    setValue: (values) => {
      input.value = values.join(", ");
    },
  }));

/** A whole number. Anything else is sent as it is: the API says what is wrong with it. */
export const integerField = (options) =>
  labelledField(options, h("input", { type: "text", inputmode: "numeric" }), (input) => ({
    value: () => (/^\d+$/.test(input.value.trim()) ? Number(input.value) : input.value),
    setValue: (value) => {
      input.value = String(value);
    },
  }));

/** A decimal number, null where it is empty. */
export const decimalField = (options) =>
  labelledField(options, h("input", { type: "text", inputmode: "decimal" }), (input) => ({
    value: () => {
      const text = input.value.trim();
      if (!text) return null;
      return /^\d*\.?\d+$/.test(text) ? Number(text) : text;
    },
    setValue: (value) => {
      input.value = value ?? "";
    },
  }));

/** A long text in a monospaced font, with its length. */
export function longTextField(options) {
  const attributes = { rows: 14, class: "long-text", spellcheck: "false" };
  const field = textAreaField({ ...options, attributes });
  const length = h("p", { class: "text-length" });
  const textarea = field.element.querySelector("textarea");
  const showLength = () => {
    const { value } = textarea;
    const lines = value ? value.split("\n").length : 0;
    length.textContent = `${pluralize(value.length, "character")}, ${pluralize(lines, "line")}`;
  };
  textarea.addEventListener("input", showLength);
  textarea.after(length);
  const setValue = (value) => {
    field.setValue(value);
    showLength();
  };
  return { ...field, setValue };
}

function lineInput(attributes) {
  return h("input", { type: "text", autocomplete: "off", ...attributes });
}

function setText(textarea, text) {
  textarea.value = text;
  resize(textarea);
}

/** As high as its text, in browsers without `field-sizing`. */
function resize(textarea) {
  if (CSS.supports("field-sizing", "content")) return;
  textarea.style.height = "auto";
  if (textarea.scrollHeight > 0) textarea.style.height = `${textarea.scrollHeight + 2}px`;
}
