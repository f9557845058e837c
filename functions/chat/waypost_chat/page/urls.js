/** The addresses of the page's views: `#agents`, `#new-agent`, `#agents/<id>/versions/3` … */

const TABS = new Set(["definition", "try", "versions"]);

export const AGENTS_URL = "#agents";
export const NEW_AGENT_URL = "#new-agent";
export const BATCHES_URL = "#batches";

/**
 * `{name}`: conversation, list, new, agent with its `id`, `tab` and `version` (or null), batches, or
 * batch with its `id`.
 */
export function parseView(hash) {
  const [section, id, tab, version] = hash.slice(1).split("/").map(decode);
  if (section === "new-agent") return { name: "new" };
  if (section === "batches") return id ? { name: "batch", id } : { name: "batches" };
  if (section !== "agents") return { name: "conversation" };
  if (!id) return { name: "list" };
  return {
    name: "agent",
    id,
    tab: TABS.has(tab) ? tab : "definition",
    version: /^\d+$/.test(version) ? Number(version) : null,
  };
}

export function agentUrl(id, tab, version) {
  return [AGENTS_URL, encodeURIComponent(id), tab, version].filter(Boolean).join("/");
}

export const batchUrl = (id) => `${BATCHES_URL}/${encodeURIComponent(id)}`;

/** Whether two views show the same form, so that changes to it are not lost between them. */
export function sameForm(one, other) {
  return one.name === other.name && one.id === other.id;
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
