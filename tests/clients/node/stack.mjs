// The stack that pytest started, faults of its models, and the recorded runs.
import { readdirSync, readFileSync } from "node:fs";

export const url = process.env.WAYPOST_URL;
const faults = `${process.env.BEDROCK_URL}/_faults`;

/** Sets the fault of the models' next answers; `after` counts the pieces sent before it. */
export async function fail(kind, options = {}) {
  const body = JSON.stringify({ kind, operation: "converse-stream", ...options });
  const answer = await fetch(faults, { method: "PUT", body });
  if (!answer.ok) throw new Error(await answer.text());
}

export const clearFaults = () => fetch(faults, { method: "DELETE" });

/** The id of a thread's live run. */
export async function liveRun(thread) {
  const answer = await fetch(`${url}/v1/threads/${thread}`);
  return (await answer.json()).live_run;
}

/** Cancels a run and returns it once it has stopped: until then the API answers 202. */
export async function cancel(run) {
  const answer = await fetch(`${url}/v1/runs/${run}/cancel`, { method: "POST" });
  return answer.status === 202 ? cancel(run) : answer.json();
}

let names = 0;
/** A name that no other test uses. */
export const unused = (prefix) => `${prefix}-${process.pid}-${++names}`;

export const QUESTION = "How many technicians are active?";
export const ANSWER = "There are 13 active technicians.";
export const DOCUMENTS_QUESTION = "How many days of annual leave are there?";

const golden = new URL("../../dialects/golden/", import.meta.url);

/** The names of the recorded runs. */
export const recorded = () =>
  readdirSync(new URL("waypost/", golden)).map((name) => name.replace(".txt", ""));

/** A `fetch` that responds with a recorded run in a dialect. */
export function replaying(dialect, run) {
  const headers = { "content-type": "text/event-stream; charset=utf-8" };
  const opening = ": open\nretry: 1000\n";
  const body = readFileSync(new URL(`${dialect}/${run}.txt`, golden), "utf8");
  return async () => new Response(`${opening}${body}: hb\n`, { headers });
}
