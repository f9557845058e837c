/** How long to wait before the next try, and the events that make a try worthwhile at once. */

const BASE_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
const OFFLINE_DELAY_MS = 60_000;

/** Milliseconds before the next try after `tries` failures: exponential, with jitter. */
export function backoffDelay(tries) {
  const jitter = 0.75 + Math.random() / 2;
  return Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** (tries - 1)) * jitter;
}

/** As `backoffDelay`, but longer while the browser is offline. */
export function reconnectDelay(tries) {
  return navigator.onLine ? backoffDelay(tries) : OFFLINE_DELAY_MS;
}

/**
 * Calls `resumed(connectionsLost)` when the network or the reader is back, until `signal` aborts.
 * A page that was only out of sight may still have its connections: phones drop them silently.
 */
export function onResume(resumed, signal) {
  addEventListener("online", () => resumed(true), { signal });
  addEventListener("pageshow", (event) => event.persisted && resumed(true), { signal });
  const visible = () => document.visibilityState === "visible" && resumed(false);
  document.addEventListener("visibilitychange", visible, { signal });
}
