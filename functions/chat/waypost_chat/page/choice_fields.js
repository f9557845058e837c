/** Form fields to choose from: one option, several of them, or yes and no. */

import { h } from "./dom.js";
import { labelledField } from "./text_fields.js";

/** One of `options`, `[value, label]`. A value that is not offered any more can stay. */
export const selectField = (options, choices) =>
  disabledWhenReadOnly(
    labelledField(options, h("select"), (select) => ({
      value: () => select.value || null,
      setValue: (value) => fillSelect(select, choices, value),
    })),
  );

export function checkboxField(options) {
  const field = disabledWhenReadOnly(
    labelledField(options, h("input", { type: "checkbox" }), (checkbox) => ({
      value: () => checkbox.checked,
      setValue: (value) => {
        checkbox.checked = value;
      },
    })),
  );
  field.element.classList.add("checkbox-field");
  return field;
}

/** Any of `choices`, in their order. */
export function checkboxGroup(options, choices) {
  const boxes = h("div", { class: "checkbox-group" });
  const inputs = () => [...boxes.querySelectorAll("input")];
  return {
    ...groupField(options, boxes),
    value: () =>
      inputs()
        .filter(({ checked }) => checked)
        .map(({ value }) => value),
    setValue: (values) => {
      const all = [...new Set([...choices, ...values])];
      boxes.replaceChildren(...all.map((choice) => checkbox(choice, values.includes(choice))));
      if (all.length === 0) boxes.replaceChildren(h("p", { class: "hint" }, "None available."));
    },
    focus: () => inputs()[0]?.focus(),
  };
}

/** Some of `choices` in the order chosen: a select for each of them, and an empty one after. */
export function selectList(options, choices, [firstEmptyLabel, emptyLabel]) {
  const selects = h("div", { class: "select-list" });
  const value = () => [...selects.children].map((select) => select.value).filter(Boolean);
  const setValue = (values) =>
    selects.replaceChildren(...[...values, ""].map((one, n) => numberedSelect(one, n)));
  const numberedSelect = (selected, n) => {
    const select = h("select", { "aria-label": `${options.label}, number ${n + 1}` });
    const empty = ["", n === 0 ? firstEmptyLabel : emptyLabel];
    fillSelect(select, [empty, ...choices.map((choice) => [choice, choice])], selected);
    return select;
  };
  selects.addEventListener("change", ({ target }) => {
    const index = [...selects.children].indexOf(target);
    setValue(value());
    selects.children[Math.min(index, selects.children.length - 1)].focus();
  });
  const focus = () => selects.firstChild.focus();
  return { ...groupField(options, selects), value, setValue, focus };
}

/** Several controls under one legend; what a field has besides its value. */
function groupField({ name, label, hint }, controls) {
  const id = `field-${name}`;
  const error = h("p", { class: "field-error", id: `${id}-error`, hidden: true });
  const props = {
    class: "field",
    "data-field": name,
    "aria-describedby": `${id}-error ${id}-hint`,
  };
  const hintElement = hint && h("p", { class: "hint", id: `${id}-hint` }, hint);
  const element = h("fieldset", props, h("legend", {}, label), controls, error, hintElement);
  const setError = (text) => Object.assign(error, { textContent: text, hidden: !text });
  const setReadOnly = () => {
    element.disabled = true;
  };
  return { name, element, setError, setReadOnly };
}

function checkbox(name, checked) {
  const input = h("input", { type: "checkbox", value: name });
  input.checked = checked;
  return h("label", {}, input, h("code", {}, name));
}

function fillSelect(select, choices, value) {
  const offered = choices.some(([choice]) => choice === (value ?? ""));
  const all = offered ? choices : [...choices, [value, `${value} (no longer offered)`]];
  select.replaceChildren(...all.map(([choice, label]) => h("option", { value: choice }, label)));
  select.value = value ?? "";
}

/** Selects and checkboxes have no `readonly`. */
function disabledWhenReadOnly(field) {
  const setReadOnly = () => {
    field.element.querySelector("input, select").disabled = true;
  };
  return { ...field, setReadOnly };
}
