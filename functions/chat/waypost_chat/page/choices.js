/** Fields where one takes what there is: one of a list, some of it, or yes and no. */

import { h } from "./dom.js";
import { field } from "./fields.js";

/** One of `options`, `[value, name]`; a value that is no longer offered can be kept. */
export const choice = (about, options) =>
  locking(
    field(about, h("select"), (control) => ({
      read: () => control.value || null,
      write: (value) => fill(control, options, value),
    })),
  );

/** Yes or no. */
export function yesOrNo(about) {
  const made = locking(
    field(about, h("input", { type: "checkbox" }), (control) => ({
      read: () => control.checked,
      write: (value) => (control.checked = value),
    })),
  );
  made.element.classList.add("yes-or-no");
  return made;
}

/** Some of `names`, in their order. */
export function some({ part, label, hint }, names) {
  const boxes = h("div", { class: "boxes" });
  const wrong = h("p", { class: "wrong", id: `field-${part}-wrong`, hidden: true });
  const help = hint && h("p", { class: "hint", id: `field-${part}-hint` }, hint);
  const element = group(part, label, [boxes, wrong, help]);
  const inputs = () => [...boxes.querySelectorAll("input")];
  const write = (values) => {
    const all = [...new Set([...names, ...values])];
    boxes.replaceChildren(...all.map((name) => box(name, values.includes(name))));
    if (all.length === 0) boxes.replaceChildren(h("p", { class: "hint" }, "There are none."));
  };
  const refuse = (text) => Object.assign(wrong, { textContent: text, hidden: !text });
  return {
    part,
    element,
    write,
    refuse,
    read: () =>
      inputs()
        .filter(({ checked }) => checked)
        .map(({ value }) => value),
    focus: () => inputs()[0]?.focus(),
    lock: () => (element.disabled = true),
  };
}

/** Several of `names` in the order in which they were chosen: another place for each that is taken. */
export function inTurn({ part, label, hint }, names) {
  const places = h("div", { class: "places" });
  const wrong = h("p", { class: "wrong", id: `field-${part}-wrong`, hidden: true });
  const help = hint && h("p", { class: "hint", id: `field-${part}-hint` }, hint);
  const element = group(part, label, [places, wrong, help]);
  const read = () => [...places.children].map(({ value }) => value).filter(Boolean);
  const write = (values) => places.replaceChildren(...[...values, ""].map(place));
  const place = (value, n) => {
    const control = h("select", { "aria-label": `${label}, number ${n + 1}` });
    const left = names.map((name) => [name, name]);
    fill(control, [["", n === 0 ? "The deployment’s" : "No other"], ...left], value);
    return control;
  };
  places.addEventListener("change", ({ target }) => {
    const at = [...places.children].indexOf(target);
    write(read());
    places.children[Math.min(at, places.children.length - 1)].focus();
  });
  const refuse = (text) => Object.assign(wrong, { textContent: text, hidden: !text });
  const lock = () => (element.disabled = true);
  return { part, element, read, write, refuse, lock, focus: () => places.firstChild.focus() };
}

function group(part, label, inside) {
  const about = `field-${part}-wrong field-${part}-hint`;
  const props = { class: "field", "data-part": part, "aria-describedby": about };
  return h("fieldset", props, h("legend", {}, label), inside);
}

function box(name, checked) {
  const input = h("input", { type: "checkbox", value: name });
  input.checked = checked;
  return h("label", {}, input, h("code", {}, name));
}

function fill(control, options, value) {
  const known = options.some(([other]) => (other ?? "") === (value ?? ""));
  const all = known ? options : [...options, [value, `${value} (no longer offered)`]];
  control.replaceChildren(...all.map(([other, name]) => h("option", { value: other ?? "" }, name)));
  control.value = value ?? "";
}

/** What cannot be read-only is disabled instead. */
function locking(made) {
  const lock = () => (made.element.querySelector("input, select").disabled = true);
  return { ...made, lock };
}
