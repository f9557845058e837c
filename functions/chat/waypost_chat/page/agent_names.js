/** The names of agents, where only their ids are known. */

import { h } from "./dom.js";
import { loadItem, saveItem } from "./storage.js";

const STORAGE_KEY = "names";
/** Also of deleted agents: their answers are still shown. */
const namesById = new Map(Object.entries(loadItem(STORAGE_KEY)));

/** Remembers the names of `agents`, and shows them where only an id could be shown. */
export function rememberNames(agents) {
  for (const { id, name } of agents) namesById.set(id, name);
  saveItem(STORAGE_KEY, Object.fromEntries(namesById));
  for (const element of document.querySelectorAll("[data-agent]"))
    element.textContent = agentName(element.dataset.agent);
}

/** The id itself, where its name is not known. */
export const agentName = (id) => namesById.get(id) ?? id;

export function agentNameElement(id) {
  return h("span", { "data-agent": id, title: id }, agentName(id));
}
