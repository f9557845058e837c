/** Waypost's HTTP API for batches. Throws as `api.js` does. */

import { request, requestJson } from "./api.js";

export const listBatches = async () => (await requestJson("GET", "/v1/batches")).batches;

/** With its counts, cost, rate and first errors. */
export const getBatch = (id) => requestJson("GET", batchPath(id));

/** `options` are `agent` and `budget_usd`, where given; a repeated `key` is the same batch. */
export const sendBatch = (questions, options, key) =>
  requestJson("POST", "/v1/batches", { body: { questions, ...options }, key });

export const listSchedules = async () => (await requestJson("GET", "/v1/schedules")).schedules;

/** `schedule` has name, expression, timezone and only_changed. */
export const createSchedule = (questions, schedule, options) =>
  requestJson("POST", "/v1/schedules", { body: { questions, ...schedule, ...options } });

export const deleteSchedule = (id) => request("DELETE", `/v1/schedules/${encodeURIComponent(id)}`);

/** `{results, next_after}`: those that come after a line, in order. */
export const listResults = (id, after) =>
  requestJson("GET", `${batchPath(id)}/results?after=${after}&limit=200`);

export const cancelBatch = (id) => requestJson("POST", `${batchPath(id)}/cancel`);

export const retryBatch = (id) => requestJson("POST", `${batchPath(id)}/retry`);

const batchPath = (id) => `/v1/batches/${encodeURIComponent(id)}`;
