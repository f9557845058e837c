/** The form that says what an agent is. */

import { contentOf } from "./content.js";
import { h } from "./dom.js";
import { idField, fieldsOf } from "./parts.js";

/** `allowed` as the API lists it; without an `agent` the form is one for a new agent. */
export class Definition {
  element;
  #before = "";
  #fields;
  #id;

  constructor(allowed, agent, { locked }) {
    const made = fieldsOf(allowed, agent);
    this.#id = agent ? null : idField();
    this.#fields = [...made.who, ...made.told, ...made.uses, ...made.model];
    if (this.#id) this.#suggestIds(made.who[0]);
    this.element = h(
      "form",
      { class: agent ? "definition" : "definition new", novalidate: true },
      section("What it is for", [made.who[0], this.#id, ...made.who.slice(1)]),
      section("What it is told", made.told),
      section("What it works with", made.uses),
      section("Its model", made.model),
    );
    this.write(agent);
    if (locked) for (const field of this.#fields) field.lock();
  }

  /** Shows an agent; what is typed from now on is a change. */
  write(agent) {
    const content = contentOf(agent ?? {});
    for (const { part, write } of this.#fields) write(content[part]);
    this.#before = JSON.stringify(this.read());
    this.clear();
  }

  /** As the API wants it. */
  read() {
    const id = this.#id && { id: this.#id.read() };
    return { ...id, ...Object.fromEntries(this.#fields.map(({ part, read }) => [part, read()])) };
  }

  get changed() {
    return JSON.stringify(this.read()) !== this.#before;
  }

  clear() {
    for (const { refuse } of this.#all) refuse("");
  }

  /** Says at its field what is wrong with it, and leads to the first; the rest is returned. */
  refuse(problems) {
    const places = new Map(this.#all.map((field) => [field.part, field]));
    const [here, elsewhere] = [[], []];
    for (const problem of problems) (places.has(problem.part) ? here : elsewhere).push(problem);
    for (const { part, text } of here) places.get(part).refuse(text);
    const refused = new Set(here.map(({ part }) => part));
    this.#all.find(({ part }) => refused.has(part))?.focus();
    return elsewhere;
  }

  /** What must be there and is not. */
  missing() {
    return this.#all
      .filter(({ needed, read }) => needed && read().length === 0)
      .map(({ part }) => ({ part, text: "This is needed." }));
  }

  get #all() {
    const [name, ...rest] = this.#fields;
    return this.#id ? [name, this.#id, ...rest] : this.#fields;
  }

  /** Until somebody types an id, it follows the name. */
  #suggestIds(name) {
    let own = false;
    const control = this.#id.element.querySelector("input");
    control.addEventListener("input", () => (own = control.value !== ""));
    name.element.addEventListener("input", () => {
      if (!own) this.#id.write(idFor(name.read()));
    });
  }
}

function section(title, fields) {
  return h(
    "section",
    {},
    h("h2", {}, title),
    fields.filter(Boolean).map(({ element }) => element),
  );
}

function idFor(name) {
  const plain = name.normalize("NFD").toLowerCase();
  return plain
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, 64);
}
