/** What an agent is made of, apart from which version of it this is. */

/** Each part's name in the API, its name on the page, and what it is where nothing is said. */
export const PARTS = [
  ["name", "Name", ""],
  ["description", "Description", ""],
  ["examples", "Example questions", []],
  ["aliases", "Other names", []],
  ["routed", "Chosen by the router", true],
  ["instructions", "Instructions", ""],
  ["strategy", "Strategy", "none"],
  ["documents", "Documents", []],
  ["tools", "Tools", []],
  ["runnable", "Runnable", null],
  ["model", "Model", null],
  ["fallbacks", "Fallback models", []],
  ["max_tokens", "Tokens in one answer", 2048],
  ["max_steps", "Model calls in one run", 6],
  ["max_cost_usd", "Dollars in one run", null],
];

/** The parts of an agent as the API wants them; of no agent, those of a new one. */
export function contentOf(agent = {}) {
  return Object.fromEntries(PARTS.map(([part, , usual]) => [part, agent[part] ?? usual]));
}

export function sameContent(one, other) {
  return JSON.stringify(contentOf(one)) === JSON.stringify(contentOf(other));
}

/** One part as lines to compare. */
export function linesOf(value) {
  if (Array.isArray(value)) return value;
  if (typeof value === "boolean") return [value ? "yes" : "no"];
  if (value === null || value === "") return [];
  return String(value).split("\n");
}
