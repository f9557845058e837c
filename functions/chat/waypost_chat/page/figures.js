/** Numbers as people read them. */

const COUNT = new Intl.NumberFormat("en");

export const count = (number) => COUNT.format(number);

/** "1 row", "2 rows" */
export const counted = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

/** US dollars; two digits that say something where the sum is small. Null is a model of unknown price. */
export function cost(dollars) {
  if (dollars === null || dollars === undefined) return "no price";
  if (dollars === 0) return "$0";
  if (dollars >= 0.1) return `$${dollars.toFixed(2)}`;
  const digits = 1 - Math.floor(Math.log10(dollars));
  return `$${dollars.toFixed(Math.min(digits, 9))}`;
}

/** Milliseconds as "840 ms" or "1.2 s". */
export function time(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${count(Math.round(seconds))} s`;
}

/** How long ago, as "now", "5 min", "3 h", "yesterday" or a date. */
export function ago(at, now = new Date()) {
  const then = new Date(at);
  const minutes = Math.floor((now - then) / 60_000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`;
  if (minutes < 48 * 60) return "yesterday";
  return then.toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
}
