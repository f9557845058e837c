/** The addresses of the page's parts: `#agents`, `#new-agent`, `#agents/<id>/versions/3` … */

const PARTS = new Set(["definition", "try", "versions"]);

/** `{view}`: conversation, roster, new, or agent with its `id`, `part` and `version` (or null). */
export function placeOf(hash) {
  const [view, id, part = "definition", version] = hash.slice(1).split("/").map(decoded);
  if (view === "new-agent") return { view: "new" };
  if (view !== "agents") return { view: "conversation" };
  if (!id) return { view: "roster" };
  return {
    view: "agent",
    id,
    part: PARTS.has(part) ? part : "definition",
    version: /^\d+$/.test(version) ? Number(version) : null,
  };
}

export const ROSTER = "#agents";
export const NEW = "#new-agent";

export function agentAddress(id, part, version) {
  return ["#agents", encodeURIComponent(id), part, version].filter(Boolean).join("/");
}

/** Whether what is typed in the form of one place is still there in the other. */
export function sameForm(one, other) {
  return one.view === other.view && one.id === other.id;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
