/** JSON Schema for readers: types in a word, fields with their meaning, an example. */

import { h } from "./dom.js";
import { counted } from "./figures.js";

const DEEPEST = 4;
const LIMITS = {
  minLength: (n) => `at least ${counted(n, "character")}`,
  maxLength: (n) => `at most ${counted(n, "character")}`,
  minimum: (n) => `at least ${n}`,
  maximum: (n) => `at most ${n}`,
};
const SAMPLES = { string: "…", integer: 0, number: 0, boolean: false, null: null };

/** The schemas of one OpenAPI description. */
export class Schemas {
  #named;

  constructor(description) {
    this.#named = description.components?.schemas ?? {};
  }

  resolve(schema) {
    return schema?.$ref ? (this.#named[nameOf(schema)] ?? {}) : (schema ?? {});
  }

  /** What a value may be, in few words: `string | null`, `Step[]`, `"ok" | "failed"`. */
  type(schema = {}) {
    if (schema.$ref) return nameOf(schema);
    if ("const" in schema) return JSON.stringify(schema.const);
    if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
    const options = schema.anyOf ?? schema.oneOf ?? schema.allOf;
    if (options) return options.map((option) => this.type(option)).join(" | ");
    if (schema.type === "array") return `${this.type(schema.items)}[]`;
    return schema.type ?? "any";
  }

  /** The fields of an object; those of the objects inside it can be opened. */
  fields(schema, depth = 0) {
    const { properties = {}, required = [] } = this.resolve(schema);
    const rows = Object.entries(properties).map(([name, field]) =>
      this.#field(name, field, required.includes(name), depth),
    );
    return rows.length > 0 ? h("ul", { class: "fields" }, rows) : null;
  }

  /** What the `data:` lines of a stream hold, where the schema describes its frames. */
  carried(schema) {
    const { data } = this.resolve(schema).properties ?? {};
    const described = [data, ...(data?.anyOf ?? [])].find((option) => option?.contentSchema);
    return described?.contentSchema ?? schema;
  }

  /** Which event each of a stream's may be, or null where the schema is no such choice. */
  choices(schema) {
    const { oneOf, anyOf = null } = this.resolve(schema);
    return (oneOf ?? anyOf)?.map((option) => this.resolve(option)) ?? null;
  }

  /** The least that fits: what the schema gives as an example, else made up from its types. */
  example(schema, depth = 0) {
    const known = this.resolve(schema);
    if (known.examples) return known.examples[0];
    if ("default" in known) return known.default;
    if ("const" in known) return known.const;
    if (known.enum) return known.enum[0];
    const options = known.anyOf ?? known.oneOf ?? known.allOf;
    if (options) return this.example(options[0], depth);
    if (known.type === "array")
      return depth > DEEPEST ? [] : [this.example(known.items, depth + 1)];
    if (!known.properties) return known.type === "object" ? {} : (SAMPLES[known.type] ?? null);
    const needed = depth > DEEPEST ? [] : (known.required ?? []);
    const entries = needed.map((name) => [name, known.properties[name]]);
    return Object.fromEntries(
      entries.map(([name, field]) => [name, this.example(field, depth + 1)]),
    );
  }

  #field(name, field, required, depth) {
    const inner = depth < DEEPEST ? this.fields(this.#object(field), depth + 1) : null;
    return h(
      "li",
      {},
      h("code", { class: "name" }, name),
      h("code", { class: "type" }, this.type(field)),
      required && h("span", { class: "required" }, "required"),
      "default" in field &&
        field.default !== null &&
        h("span", { class: "note" }, `default ${JSON.stringify(field.default)}`),
      limits(field).map((limit) => h("span", { class: "note" }, limit)),
      field.description && h("span", { class: "meaning" }, field.description),
      inner && h("details", {}, h("summary", {}, `Fields of ${name}`), inner),
    );
  }

  /** The object behind a field: itself, an item of it, or the first of its choices. */
  #object(field) {
    if (field.type === "array") return this.#object(field.items ?? {});
    const options = field.anyOf ?? field.oneOf;
    return options ? this.#object(options[0]) : field;
  }
}

function limits(field) {
  return Object.entries(LIMITS).flatMap(([key, words]) =>
    key in field ? [words(field[key])] : [],
  );
}

function nameOf({ $ref }) {
  return $ref.slice($ref.lastIndexOf("/") + 1);
}
