/** What agents are called. */

import { h } from "./dom.js";
import { keep, recalled } from "./kept.js";

const NAMES = "names";
/** Also of agents that are there no more: what they answered still stands. */
const names = new Map(Object.entries(recalled(NAMES)));

/** The agents as the API lists them; where only an id could be shown, its name takes its place. */
export function learn(agents) {
  for (const { id, name } of agents) names.set(id, name);
  keep(NAMES, Object.fromEntries(names));
  for (const place of document.querySelectorAll("[data-agent]"))
    place.textContent = nameOf(place.dataset.agent);
}

/** The id itself, where its name is not known. */
export const nameOf = (id) => names.get(id) ?? id;

export function agentName(id) {
  return h("span", { "data-agent": id, title: id }, nameOf(id));
}
