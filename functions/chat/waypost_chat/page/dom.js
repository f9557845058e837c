/** Makes elements node by node: no string is ever parsed as markup. */

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

const ICONS = {
  menu: "M3 5h14M3 10h14M3 15h14",
  plus: "M10 4v12M4 10h12",
  pen: "M4 16l.8-3.4L13 4.4a1.4 1.4 0 0 1 2 0l.6.6a1.4 1.4 0 0 1 0 2L7.4 15.2z",
  bin: "M4 6h12M8 6V4h4v2M6 6l.6 10h6.8L14 6",
  send: "M10 16V4M5 9l5-5 5 5",
  stop: "M6 6h8v8H6z",
  close: "M5 5l10 10M15 5L5 15",
  down: "M10 4v12M5 11l5 5 5-5",
  signpost: "M10 2.5v15M4 4.5h9.5l2.5 2.75-2.5 2.75H4z",
};

/**
 * Makes an element. `props` are its attributes, except `on`: listeners by event name.
 * A prop or a child that is null, undefined or false is left out.
 */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProp(node, name, value);
  node.append(...children.flat(Infinity).filter((child) => !isAbsent(child)));
  return node;
}

/** Makes an element of an SVG picture. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG_NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** A decorative SVG icon: the element around it needs a label. */
export function icon(name) {
  const attributes = { viewBox: "0 0 20 20", "aria-hidden": "true", class: "icon" };
  return svg("svg", attributes, svg("path", { d: ICONS[name] }));
}

/** A button that shows only an icon; `label` is its accessible name. */
export function iconButton(name, label, click, props = {}) {
  const attributes = { type: "button", "aria-label": label, title: label, class: "icon-button" };
  return h("button", { ...attributes, ...props, on: { click } }, icon(name));
}

/** Announces a text to screen readers. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

function setProp(node, name, value) {
  if (isAbsent(value)) return;
  if (name === "on") {
    for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
  } else {
    node.setAttribute(name, value === true ? "" : value);
  }
}

function isAbsent(value) {
  return value === null || value === undefined || value === false;
}
