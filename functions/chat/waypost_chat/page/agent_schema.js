/** The JSON schema of an agent's fields, from the API's own description. */

import { requestJson } from "./api.js";
import { ApiSchemas } from "./json_schema.js";

let loading = null;

/** `{field: {required, default, maxLength, minimum, …}}` of a new agent. Throws as `api.js` does. */
export function agentSchema() {
  loading ??= loadSchema().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function loadSchema() {
  const description = await requestJson("GET", "/openapi.json");
  const { requestBody } = description.paths["/api/agents"].post;
  const { schema } = requestBody.content["application/json"];
  const { properties, required } = new ApiSchemas(description).resolve(schema);
  const fields = Object.entries(properties).map(([name, field]) => [
    name,
    { ...field, required: required.includes(name), default: field.default ?? emptyValue(field) },
  ]);
  return Object.fromEntries(fields);
}

function emptyValue({ type }) {
  return { string: "", array: [] }[type] ?? null;
}
