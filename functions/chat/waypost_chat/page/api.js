/** Waypost's API as the page uses it. */

/** An answer that is no success. `requestId` may be empty where something in between answered. */
export class ApiError extends Error {
  constructor(status, code, message, requestId) {
    super(message);
    Object.assign(this, { status, code, requestId });
  }
}

/** The server was not reached at all. */
export class Unreachable extends Error {}

/** A question's stream. Throws ApiError or Unreachable before it starts. */
export function ask(threadId, input, signal) {
  const path = threadId ? `/v1/threads/${encodeURIComponent(threadId)}/runs` : "/v1/runs";
  return request("POST", path, { body: { input }, accept: "text/event-stream", signal });
}

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

/** A run with its steps and, once it is over, its answer as `output`. */
export const run = (id) => json("GET", `/v1/runs/${encodeURIComponent(id)}`);

async function json(method, path, options) {
  return (await request(method, path, options)).json();
}

async function request(method, path, { body, accept = "application/json", signal } = {}) {
  const headers = { Accept: accept };
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
  const { code, message, request_id: requestId } = body?.error ?? {};
  return new ApiError(
    response.status,
    code ?? "http_error",
    message ?? `The server answered with status ${response.status}.`,
    requestId ?? response.headers.get("x-request-id") ?? "",
  );
}
