/** JSON Schema as documentation: types, fields with their descriptions and limits, examples. */

import { h } from "./dom.js";
import { pluralize } from "./format.js";

const MAX_DEPTH = 4;
const LIMIT_TEXTS = {
  minLength: (n) => `at least ${pluralize(n, "character")}`,
  maxLength: (n) => `at most ${pluralize(n, "character")}`,
  minimum: (n) => `at least ${n}`,
  exclusiveMinimum: (n) => `more than ${n}`,
  maximum: (n) => `at most ${n}`,
};
const EXAMPLE_VALUES = { string: "…", integer: 0, number: 0, boolean: false, null: null };

/** The schemas of one OpenAPI description. */
export class ApiSchemas {
  #schemasByName;

  constructor(description) {
    this.#schemasByName = description.components?.schemas ?? {};
  }

  resolve(schema) {
    return schema?.$ref ? (this.#schemasByName[refName(schema)] ?? {}) : (schema ?? {});
  }

  /** The type as text: `string | null`, `Step[]`, `"ok" | "failed"`. */
  type(schema = {}) {
    if (schema.$ref) return refName(schema);
    if ("const" in schema) return JSON.stringify(schema.const);
    if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
    const options = schema.anyOf ?? schema.oneOf ?? schema.allOf;
    if (options) return options.map((option) => this.type(option)).join(" | ");
    if (schema.type === "array") return `${this.type(schema.items)}[]`;
    return schema.type ?? "any";
  }

  /** A list of the fields of an object; those of nested objects can be opened. */
  fieldList(schema, depth = 0) {
    const { properties = {}, required = [] } = this.resolve(schema);
    const rows = Object.entries(properties).map(([name, field]) =>
      this.#fieldItem(name, field, required.includes(name), depth),
    );
    return rows.length > 0 ? h("ul", { class: "fields" }, rows) : null;
  }

  /** The schema of a stream's `data:` lines, where `schema` describes its frames. */
  eventSchema(schema) {
    const { data } = this.resolve(schema).properties ?? {};
    const described = [data, ...(data?.anyOf ?? [])].find((option) => option?.contentSchema);
    return described?.contentSchema ?? schema;
  }

  /** The alternatives of a union; null where the schema is not one. */
  alternatives(schema) {
    const { oneOf, anyOf = null } = this.resolve(schema);
    return (oneOf ?? anyOf)?.map((option) => this.resolve(option)) ?? null;
  }

  /** The example of the schema, else a minimal one made up from its types. */
  example(schema, depth = 0) {
    const resolved = this.resolve(schema);
    if (resolved.examples) return resolved.examples[0];
    if ("default" in resolved) return resolved.default;
    if ("const" in resolved) return resolved.const;
    if (resolved.enum) return resolved.enum[0];
    const options = resolved.anyOf ?? resolved.oneOf ?? resolved.allOf;
    if (options) return this.example(options[0], depth);
    if (resolved.type === "array")
      return depth > MAX_DEPTH ? [] : [this.example(resolved.items, depth + 1)];
    if (!resolved.properties)
      return resolved.type === "object" ? {} : (EXAMPLE_VALUES[resolved.type] ?? null);
    const requiredNames = depth > MAX_DEPTH ? [] : (resolved.required ?? []);
    const entries = requiredNames.map((name) => [name, resolved.properties[name]]);
    return Object.fromEntries(
      entries.map(([name, field]) => [name, this.example(field, depth + 1)]),
    );
  }

  #fieldItem(name, field, required, depth) {
    const inner = depth < MAX_DEPTH ? this.fieldList(this.#nestedObject(field), depth + 1) : null;
    return h(
      "li",
      {},
      h("code", { class: "name" }, name),
      h("code", { class: "type" }, this.type(field)),
      required && h("span", { class: "required" }, "required"),
      "default" in field &&
        field.default !== null &&
        h("span", { class: "field-note" }, `default ${JSON.stringify(field.default)}`),
      limitTexts(field).map((limit) => h("span", { class: "field-note" }, limit)),
      field.description && h("span", { class: "description" }, field.description),
      inner && h("details", {}, h("summary", {}, `Fields of ${name}`), inner),
    );
  }

  /** The object of a field: itself, its items, or the first of its alternatives. */
  #nestedObject(field) {
    if (field.type === "array") return this.#nestedObject(field.items ?? {});
    const options = field.anyOf ?? field.oneOf;
    return options ? this.#nestedObject(options[0]) : field;
  }
}

/** The limits of a field as texts: `["at least 1", "at most 50"]`. */
export function limitTexts(field) {
  const schema = field.anyOf?.[0] ?? field;
  return Object.entries(LIMIT_TEXTS)
    .filter(([keyword]) => keyword in schema)
    .map(([keyword, text]) => text(schema[keyword]));
}

function refName({ $ref }) {
  return $ref.slice($ref.lastIndexOf("/") + 1);
}
