/** The form for an agent's definition. */

import { agentFieldGroups, idField } from "./agent_fields.js";
import { h } from "./dom.js";

/** Without an `agent` it is the form for a new one. `allowed` and `schema` as in `AgentEditor`. */
export class AgentForm {
  element;
  #savedJson = "";
  #defaults;
  #fields;
  #idField;

  constructor({ allowed, schema }, agent, { readOnly }) {
    const { general, instructions, context, model } = agentFieldGroups(allowed, schema, agent);
    const [name, ...details] = general;
    this.#idField = agent ? null : idField(schema);
    this.#fields = [...general, ...instructions, ...context, ...model];
    this.#defaults = Object.fromEntries(
      Object.entries(schema).map(([field, { default: value }]) => [field, value]),
    );
    if (this.#idField) this.#deriveId(name, schema.id.maxLength);
    this.element = h(
      "form",
      { class: agent ? "agent-form" : "agent-form new", novalidate: true },
      section("General", [name, this.#idField, ...details]),
      section("Instructions", instructions),
      section("Context and tools", context),
      section("Model and limits", model),
    );
    this.setAgent(agent);
    if (readOnly) for (const field of this.#fields) field.setReadOnly();
  }

  /** Fills the form, with defaults where `agent` is null; later edits count as changes. */
  setAgent(agent) {
    for (const { name, setValue } of this.#fields) setValue(agent?.[name] ?? this.#defaults[name]);
    this.#savedJson = JSON.stringify(this.definition());
    this.clearErrors();
  }

  /** The definition in the form, as the API takes it. */
  definition() {
    const id = this.#idField && { id: this.#idField.value() };
    const values = this.#fields.map(({ name, value }) => [name, value()]);
    return { ...id, ...Object.fromEntries(values) };
  }

  get changed() {
    return JSON.stringify(this.definition()) !== this.#savedJson;
  }

  clearErrors() {
    for (const { setError } of this.#allFields) setError("");
  }

  /** Shows errors `{field, text}` at their fields, and focuses the first; returns the others. */
  showErrors(errors) {
    const fields = new Map(this.#allFields.map((field) => [field.name, field]));
    const shown = errors.filter(({ field }) => fields.has(field));
    for (const { field, text } of shown) fields.get(field).setError(text);
    const names = new Set(shown.map(({ field }) => field));
    this.#allFields.find(({ name }) => names.has(name))?.focus();
    return errors.filter(({ field }) => !fields.has(field));
  }

  /** An error for each required field that is empty. */
  missingFields() {
    return this.#allFields
      .filter(({ required, value }) => required && value().length === 0)
      .map(({ name }) => ({ field: name, text: "This field is required." }));
  }

  /** In the order in which they are shown. */
  get #allFields() {
    const [name, ...rest] = this.#fields;
    return this.#idField ? [name, this.#idField, ...rest] : this.#fields;
  }

  /** The id follows the name until somebody types one. */
  #deriveId(nameField, maxLength) {
    let typed = false;
    const input = this.#idField.element.querySelector("input");
    input.addEventListener("input", () => {
      typed = input.value !== "";
    });
    nameField.element.addEventListener("input", () => {
      if (!typed) this.#idField.setValue(slug(nameField.value(), maxLength));
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

/** Only small letters, digits and hyphens, beginning with a letter. */
function slug(name, maxLength) {
  return name
    .normalize("NFD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, maxLength);
}
