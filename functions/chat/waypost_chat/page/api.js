/** Waypost's HTTP API for runs and threads. */

/**
 * A response with an error status. `requestId` is empty where a proxy answered; `details` are the
 * other fields of the error.
 */
export class ApiError extends Error {
  constructor(status, code, message, requestId, details = {}) {
    super(message);
    Object.assign(this, { status, code, requestId, details });
  }
}

/** The server could not be reached. */
export class NetworkError extends Error {
  constructor() {
    super("Waypost cannot be reached.");
  }
}

const EVENT_STREAM = "text/event-stream";
/** The server answers a cancellation within some seconds, whatever the model does. */
const CANCEL_TIMEOUT_MS = 20_000;

/**
 * Starts a run and streams its events; a repeated `key` attaches to the run that exists already.
 * `agentId` is null for the router's choice. Like every request here it throws ApiError or
 * NetworkError.
 */
export function startRun(threadId, input, agentId, key, signal) {
  const path = threadId ? `${threadPath(threadId)}/runs` : "/v1/runs";
  const body = agentId ? { input, agent: agentId } : { input };
  return request("POST", path, { body, accept: EVENT_STREAM, key, signal });
}

/** Starts a run that continues another one's answer, and streams its events. */
export const continueRun = (runId, key, signal) =>
  request("POST", `${runPath(runId)}/continue`, { accept: EVENT_STREAM, key, signal });

/** The stream of a run's events after number `after`; status 204 where there are no more. */
export const streamEvents = (runId, after, signal) =>
  request("GET", `${runPath(runId)}/events?after=${after}`, { accept: EVENT_STREAM, signal });

/** The run as it is now: its last event may not have been streamed yet. */
export const cancelRun = (runId) =>
  requestJson("POST", `${runPath(runId)}/cancel`, {
    signal: AbortSignal.timeout(CANCEL_TIMEOUT_MS),
  });

/** A page of threads, the latest first: `{threads, next_cursor}`. */
export function listThreads(cursor) {
  const query = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
  return requestJson("GET", `/v1/threads?limit=20${query}`);
}

/** A thread with its messages and its runs. */
export const getThread = (id) => requestJson("GET", threadPath(id));

export const renameThread = (id, title) =>
  requestJson("PATCH", threadPath(id), { body: { title } });

export const deleteThread = (id) => request("DELETE", threadPath(id));

const runPath = (id) => `/v1/runs/${encodeURIComponent(id)}`;

const threadPath = (id) => `/v1/threads/${encodeURIComponent(id)}`;

export async function requestJson(method, path, options) {
  return (await request(method, path, options)).json();
}

export async function request(
  method,
  path,
  { body, accept = "application/json", key, signal } = {},
) {
  const headers = { Accept: accept };
  if (key) headers["Idempotency-Key"] = key;
  if (body) headers["Content-Type"] = "application/json";
  const response = await fetchResponse(path, {
    method,
    headers,
    body: body && JSON.stringify(body),
    signal,
  });
  if (!response.ok) throw await apiError(response);
  return response;
}

async function fetchResponse(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new NetworkError();
  }
}

async function apiError(response) {
  const body = await response.json().catch(() => ({}));
  const { code, message, request_id: requestId, ...details } = body?.error ?? {};
  return new ApiError(
    response.status,
    code ?? "http_error",
    message ?? `The server answered with status ${response.status}.`,
    requestId ?? response.headers.get("x-request-id") ?? "",
    { detail: Array.isArray(body?.detail) ? body.detail : [], ...details },
  );
}
