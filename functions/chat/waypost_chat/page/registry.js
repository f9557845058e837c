/** The part of Waypost's API that is about agents. Throws as `api.js` does. */

import { json } from "./api.js";

/** `{agents, total, allowed: {models, strategies, tools, runnables}, may_write}` */
export const agents = ({ deleted = false } = {}) =>
  json("GET", `/api/agents${deleted ? "?deleted=true" : ""}`);

export const agent = (id) => json("GET", path(id));

export const create = (definition) => json("POST", "/api/agents", { body: definition });

/** `version` is the one that was edited. 409 `version_conflict` where that is no longer current. */
export const save = (id, definition, version) =>
  json("PUT", path(id), { body: { ...definition, version } });

export const remove = (id, version) => json("DELETE", `${path(id)}?version=${version}`);

/** `{versions, total}`, the newest first. */
export const versions = (id) => json("GET", `${path(id)}/versions`);

/** A new version with the content of `version`; `current` is the one that was looked at. */
export const rollBack = (id, version, current) =>
  json("POST", `${path(id)}/rollback`, { body: { version, current } });

const path = (id) => `/api/agents/${encodeURIComponent(id)}`;
