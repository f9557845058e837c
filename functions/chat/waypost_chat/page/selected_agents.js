/** Which agent was selected in which thread, kept in the browser. */

import { loadItem, saveItem } from "./storage.js";

const STORAGE_KEY = "picks";
const MAX_THREADS = 200;
/** The key of the last selection, for a thread that does not exist yet. */
const NEXT_THREAD = "";
let agentsByThread = loadItem(STORAGE_KEY);

/** The agent's id, or null for the router. */
export const selectedAgent = (threadId) => agentsByThread[threadId ?? NEXT_THREAD] ?? null;

export function selectAgent(threadId, agentId) {
  const others = Object.entries(agentsByThread).filter(
    ([id, selected]) => id !== threadId && id !== NEXT_THREAD && selected,
  );
  const latest = [
    [NEXT_THREAD, agentId],
    [threadId, agentId],
  ].filter(([id]) => agentId && id !== null);
  agentsByThread = Object.fromEntries([...others, ...latest].slice(-MAX_THREADS));
  saveItem(STORAGE_KEY, agentsByThread);
}

/** A new thread keeps the selection that was made before it had an id. */
export function assignToThread(threadId) {
  if (agentsByThread[threadId] !== undefined || !agentsByThread[NEXT_THREAD]) return;
  agentsByThread[threadId] = agentsByThread[NEXT_THREAD];
  saveItem(STORAGE_KEY, agentsByThread);
}
