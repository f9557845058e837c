/** The API's errors about an agent's definition, field by field. */

import { FIELD_LABELS } from "./agent_definition.js";

const FIELDS = new Set(["id", ...Object.keys(FIELD_LABELS)]);
const FIELD_OF_CODE = {
  agent_exists: "id",
  unknown_model: "model",
  unknown_strategy: "strategy",
  unknown_tool: "tools",
  unknown_runnable: "runnable",
};

/** `[{field, text}]` of an ApiError about fields; empty where it is about something else. */
export function fieldErrors({ code, message, details }) {
  const validationErrors = details.detail
    .map(({ loc, msg }) => ({ field: loc.find((name) => FIELDS.has(name)), text: msg }))
    .filter(({ field }) => field);
  if (validationErrors.length > 0) return validationErrors;
  const field = details.field || FIELD_OF_CODE[code] || /^(\w+)[.:]/.exec(message)?.[1];
  return FIELDS.has(field) ? [{ field, text: withoutFieldName(message, field) }] : [];
}

/** The message is shown at the field, which is named there already. */
function withoutFieldName(message, field) {
  const [prefix, ...rest] = message.split(": ");
  return prefix.split(".")[0] === field && rest.length > 0 ? rest.join(": ") : message;
}
