/** An agent's definition: the fields that a user edits and that versions are compared by. */

/** The label of each field on the page, in the order in which they are shown. */
export const FIELD_LABELS = {
  name: "Name",
  description: "Description",
  examples: "Example questions",
  aliases: "Aliases",
  routed: "Available to the router",
  instructions: "Instructions",
  strategy: "Strategy",
  documents: "Documents",
  tools: "Tools",
  runnable: "Runnable",
  model: "Model",
  fallbacks: "Fallback models",
  max_tokens: "Max tokens",
  max_steps: "Max steps",
  max_cost_usd: "Max cost (USD)",
};

/** The fields of the definition alone, without the agent's id and version. */
export function definitionOf(agent) {
  return Object.fromEntries(
    Object.keys(FIELD_LABELS).map((field) => [field, agent[field] ?? null]),
  );
}

export function sameDefinition(one, other) {
  return JSON.stringify(definitionOf(one)) === JSON.stringify(definitionOf(other));
}
