// The stack that pytest started, the handle that breaks its models, and the runs that are recorded.
import { readdirSync, readFileSync } from "node:fs";

export const url = process.env.WAYPOST_URL;
const faults = `${process.env.BEDROCK_URL}/_faults`;

/** What the models' next answers meet; `after` counts the pieces that come through. */
export async function fail(kind, how = {}) {
  const body = JSON.stringify({ kind, operation: "converse-stream", ...how });
  const answer = await fetch(faults, { method: "PUT", body });
  if (!answer.ok) throw new Error(await answer.text());
}

export const mend = () => fetch(faults, { method: "DELETE" });

/** The run that answers in a thread now, by its id. */
export async function liveRun(thread) {
  const answer = await fetch(`${url}/v1/threads/${thread}`);
  return (await answer.json()).live_run;
}

/** Stops a run, and answers what became of it; 202 is the answer while it has not stopped. */
export async function cancel(run) {
  const answer = await fetch(`${url}/v1/runs/${run}/cancel`, { method: "POST" });
  return answer.status === 202 ? cancel(run) : answer.json();
}

let names = 0;
/** A name that no other test uses. */
export const unused = (what) => `${what}-${process.pid}-${++names}`;

export const QUESTION = "How many technicians are active?";
export const ANSWER = "There are 13 technicians active.";
export const DOCUMENTS_QUESTION = "How many days of annual leave are there?";

const golden = new URL("../../dialects/golden/", import.meta.url);

/** The names of the runs that are recorded. */
export const recorded = () =>
  readdirSync(new URL("waypost/", golden)).map((name) => name.replace(".txt", ""));

/** A `fetch` that answers with what a dialect says of a recorded run. */
export function replaying(dialect, run) {
  const headers = { "content-type": "text/event-stream; charset=utf-8" };
  const opening = ": open\nretry: 1000\n";
  const told = readFileSync(new URL(`${dialect}/${run}.txt`, golden), "utf8");
  return async () => new Response(`${opening}${told}: hb\n`, { headers });
}
