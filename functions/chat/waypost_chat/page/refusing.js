/** What the API has against a definition, field by field. */

import { PARTS } from "./content.js";

const KNOWN = new Set(["id", ...PARTS.map(([part]) => part)]);
const OF_CODE = {
  agent_exists: "id",
  unknown_model: "model",
  unknown_strategy: "strategy",
  unknown_tool: "tools",
  unknown_runnable: "runnable",
};

/** `[{part, text}]` of an ApiError that is about fields; empty where it is about something else. */
export function problems({ code, message, details }) {
  const listed = details.detail
    .map(({ loc, msg }) => ({ part: loc.find((place) => KNOWN.has(place)), text: msg }))
    .filter(({ part }) => part);
  if (listed.length > 0) return listed;
  const part = details.field || OF_CODE[code] || /^(\w+)[.:]/.exec(message)?.[1];
  return KNOWN.has(part) ? [{ part, text: said(message, part) }] : [];
}

/** The field's name need not stand at the field once more. */
function said(message, part) {
  const [head, ...rest] = message.split(": ");
  return head.split(".")[0] === part && rest.length > 0 ? rest.join(": ") : message;
}
