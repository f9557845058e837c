/** Agents looked up in the API's lists: those that are there, and those that were deleted. */

import * as registry from "./registry.js";

/** The list as the API gives it, with those that were deleted if so wanted. */
export async function everyone(deletedToo = false) {
  const known = await registry.agents();
  if (!deletedToo) return known;
  const { agents } = await registry.agents({ deleted: true });
  return { ...known, agents: [...known.agents, ...agents] };
}

/** The agent of a list that has this id, or else this other name. */
export function named({ agents }, name) {
  const called = (agent) => agent.aliases.includes(name);
  return agents.find(({ id }) => id === name) ?? agents.find(called);
}

/** An agent that is there no more; undefined where none was ever called so. */
export async function deleted(id) {
  const { agents } = await registry.agents({ deleted: true });
  return agents.find((agent) => agent.id === id);
}

/** A new version of an agent that was deleted, with what it was then. */
export async function broughtBack(id) {
  const { version } = await deleted(id);
  return registry.rollBack(id, version, version);
}
