/** How long to wait before another try, and what makes one worth while at once. */

const FIRST = 500;
const LONGEST = 30_000;
const WHILE_OFFLINE = 60_000;

/** Milliseconds before the next try after `tries` in vain: half a second, then ever twice that. */
export function delay(tries) {
  const spread = 0.75 + Math.random() / 2;
  return Math.min(LONGEST, FIRST * 2 ** (tries - 1)) * spread;
}

/** As `delay`, but while the browser knows of no network there is little to wait for. */
export function patientDelay(tries) {
  return navigator.onLine ? delay(tries) : WHILE_OFFLINE;
}

/**
 * Calls `back(lost)` when the network or the reader has come back, until `signal` is aborted.
 * `lost` says whether connections of before must be dead; after a page was only out of sight they
 * may be: phones take them away without a word.
 */
export function onReturn(back, signal) {
  addEventListener("online", () => back(true), { signal });
  addEventListener("pageshow", (event) => event.persisted && back(true), { signal });
  const seen = () => document.visibilityState === "visible" && back(false);
  document.addEventListener("visibilitychange", seen, { signal });
}
