/** Which agent was picked in which thread, kept in the browser. */

import { keep, recalled } from "./kept.js";

const PICKS = "picks";
const MOST = 200;
const NEXT = "";
let kept = recalled(PICKS);

/** The agent's id, or null for the router; of a thread that is not there yet, the last pick. */
export const pickedIn = (threadId) => kept[threadId ?? NEXT] ?? null;

export function pick(threadId, agentId) {
  kept = { ...without(threadId, NEXT), [NEXT]: agentId };
  if (threadId) kept[threadId] = agentId;
  const latest = Object.entries(kept).filter(([, picked]) => picked);
  kept = Object.fromEntries(latest.slice(-MOST));
  keep(PICKS, kept);
}

/** A thread of which it is now known what it is called. */
export function begun(threadId) {
  if (kept[threadId] !== undefined || !kept[NEXT]) return;
  kept[threadId] = kept[NEXT];
  keep(PICKS, kept);
}

function without(...threadIds) {
  return Object.fromEntries(Object.entries(kept).filter(([id]) => !threadIds.includes(id)));
}
