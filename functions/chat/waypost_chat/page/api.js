/** Waypost's API as the page uses it. */

/**
 * An answer that is no success. `requestId` may be empty where something in between answered;
 * `details` are what else it says.
 */
export class ApiError extends Error {
  constructor(status, code, message, requestId, details = {}) {
    super(message);
    Object.assign(this, { status, code, requestId, details });
  }
}

/** The server was not reached at all. */
export class Unreachable extends Error {}

const STREAM = "text/event-stream";
/** Milliseconds. The server answers a cancellation within some seconds, whatever the model does. */
const LONGEST_CANCEL = 20_000;

/**
 * A question's stream; with the same key it is asked only once, and its stream is that run's.
 * `agent` is the id of the one that is to answer, or null. Throws ApiError or Unreachable before
 * it starts, as every request here does.
 */
export function ask(threadId, input, agent, key, signal) {
  const path = threadId ? `/v1/threads/${encodeURIComponent(threadId)}/runs` : "/v1/runs";
  const body = agent ? { input, agent } : { input };
  return request("POST", path, { body, accept: STREAM, key, signal });
}

/** The stream of a new run that carries on a run's answer. `key` as for a question. */
export const goOn = (runId, key, signal) =>
  request("POST", `${runPath(runId)}/continue`, { accept: STREAM, key, signal });

/** The stream of a run's events after the one numbered `after`; 204 where nothing follows. */
export const following = (runId, after, signal) =>
  request("GET", `${runPath(runId)}/events?after=${after}`, { accept: STREAM, signal });

/** The run as it is now: its end may still be on its way to whoever reads its events. */
export const cancel = (runId) =>
  json("POST", `${runPath(runId)}/cancel`, { signal: AbortSignal.timeout(LONGEST_CANCEL) });

/** A page of threads, the latest first: `{threads, next_cursor}`. */
export function threads(cursor) {
  return json(
    "GET",
    `/v1/threads?limit=20${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`,
  );
}

/** A thread with its messages and its runs. */
export const thread = (id) => json("GET", `/v1/threads/${encodeURIComponent(id)}`);

export const rename = (id, title) =>
  json("PATCH", `/v1/threads/${encodeURIComponent(id)}`, { body: { title } });

export const remove = (id) => request("DELETE", `/v1/threads/${encodeURIComponent(id)}`);

const runPath = (id) => `/v1/runs/${encodeURIComponent(id)}`;

export async function json(method, path, options) {
  return (await request(method, path, options)).json();
}

async function request(method, path, { body, accept = "application/json", key, signal } = {}) {
  const headers = { Accept: accept };
  if (key) headers["Idempotency-Key"] = key;
  if (body) headers["Content-Type"] = "application/json";
  const response = await reached(
    fetch(path, { method, headers, body: body && JSON.stringify(body), signal }),
  );
  if (!response.ok) throw await failure(response);
  return response;
}

async function reached(response) {
  try {
    return await response;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable("Waypost cannot be reached.");
  }
}

async function failure(response) {
  const body = await response.json().catch(() => ({}));
  const { code, message, request_id: requestId, ...more } = body?.error ?? {};
  return new ApiError(
    response.status,
    code ?? "http_error",
    message ?? `The server answered with status ${response.status}.`,
    requestId ?? response.headers.get("x-request-id") ?? "",
    { detail: body?.detail ?? [], ...more },
  );
}
