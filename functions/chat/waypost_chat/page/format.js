/** Numbers, costs and times as text. */

const NUMBER = new Intl.NumberFormat("en");

export const formatNumber = (number) => NUMBER.format(number);

/** "1 row", "2 rows" */
export const pluralize = (number, noun) =>
  `${formatNumber(number)} ${noun}${number === 1 ? "" : "s"}`;

/** US dollars, with two significant digits where they are few; null where a price is unknown. */
export function formatCost(dollars) {
  if (dollars === null || dollars === undefined) return "cost unknown";
  if (dollars === 0) return "$0";
  if (dollars >= 0.1) return `$${dollars.toFixed(2)}`;
  const digits = 1 - Math.floor(Math.log10(dollars));
  return `$${dollars.toFixed(Math.min(digits, 9))}`;
}

/** Milliseconds as "840 ms" or "1.2 s". */
export function formatDuration(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${formatNumber(Math.round(seconds))} s`;
}

/** The age of a time as "now", "5 min", "3 h", "yesterday" or its date. */
export function formatAge(time, now = new Date()) {
  const then = new Date(time);
  const minutes = Math.floor((now - then) / 60_000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`;
  if (minutes < 48 * 60) return "yesterday";
  return then.toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
}
