/** Waypost's HTTP API for agents. Throws as `api.js` does. */

import { requestJson } from "./api.js";

/** `{agents, total, allowed: {models, strategies, tools, runnables}, may_write}` */
export async function listAgents(includeDeleted = false) {
  const list = await requestJson("GET", "/api/agents");
  if (!includeDeleted) return list;
  return { ...list, agents: [...list.agents, ...(await listDeletedAgents())] };
}

export const createAgent = (definition) => requestJson("POST", "/api/agents", { body: definition });

/** `version` is the one that was edited; 409 `version_conflict` where it is no longer current. */
export const saveAgent = (id, definition, version) =>
  requestJson("PUT", agentPath(id), { body: { ...definition, version } });

export const deleteAgent = (id, version) =>
  requestJson("DELETE", `${agentPath(id)}?version=${version}`);

/** `{versions, total}`, the newest first. */
export const listVersions = (id) => requestJson("GET", `${agentPath(id)}/versions`);

/** Saves a new version with the content of `version`; `current` is the one that was shown. */
export const rollBackAgent = (id, version, current) =>
  requestJson("POST", `${agentPath(id)}/rollback`, { body: { version, current } });

/** The agent of a list with this id, else with this alias. */
export function findAgent({ agents }, name) {
  return (
    agents.find(({ id }) => id === name) ?? agents.find(({ aliases }) => aliases.includes(name))
  );
}

/** Undefined where no deleted agent has this id. */
export async function findDeletedAgent(id) {
  return (await listDeletedAgents()).find((agent) => agent.id === id);
}

/** Saves a new version of a deleted agent, with the content that it had. */
export async function restoreAgent(id) {
  const { version } = await findDeletedAgent(id);
  return rollBackAgent(id, version, version);
}

async function listDeletedAgents() {
  return (await requestJson("GET", "/api/agents?deleted=true")).agents;
}

const agentPath = (id) => `/api/agents/${encodeURIComponent(id)}`;
