/** A figure over time as a bar chart: drawn where the first of two columns is a time in order. */

import { h, svg } from "./dom.js";
import { formatNumber } from "./format.js";

const TIME = /^\d{4}(-\d\d(-\d\d)?|-Q[1-4])?$/;
const LEAST = 3;
const MOST = 120;
const WIDTH = 640;
const HEIGHT = 160;
const GAP = 0.2;

/** The chart, or null where the rows are no series. */
export function seriesChart(columns, rows) {
  if (!isSeries(columns, rows)) return null;
  const values = rows.map(([, value]) => value);
  const top = Math.max(...values);
  const [first, last] = [rows[0], rows.at(-1)];
  const label =
    `${columns[1]} by ${columns[0]}, from ${first[0]} to ${last[0]}: ` +
    `${formatNumber(Math.min(...values))} to ${formatNumber(top)}`;
  const step = WIDTH / rows.length;
  const bars = rows.map(([time, value], n) => {
    const height = Math.max(1, (value / top) * HEIGHT);
    const bar = svg("rect", {
      x: n * step + (step * GAP) / 2,
      y: HEIGHT - height,
      width: step * (1 - GAP),
      height,
    });
    bar.append(svg("title", {}, `${time}: ${formatNumber(value)}`));
    return bar;
  });
  const picture = svg(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "img",
      "aria-label": label,
      preserveAspectRatio: "none",
    },
    ...bars,
  );
  const axis = h(
    "div",
    { class: "chart-axis", "aria-hidden": "true" },
    h("span", {}, first[0]),
    h("span", {}, last[0]),
  );
  const scale = h(
    "p",
    { class: "chart-scale", "aria-hidden": "true" },
    `${columns[1].replaceAll("_", " ")}, up to ${formatNumber(top)}`,
  );
  return h("div", { class: "chart" }, scale, picture, axis);
}

function isSeries(columns, rows) {
  if (columns.length !== 2 || rows.length < LEAST || rows.length > MOST) return false;
  const inOrder = rows.every(([time], n) => n === 0 || String(rows[n - 1][0]) < String(time));
  const isTime = rows.every(([time]) => TIME.test(time));
  const isFigure = rows.every(([, value]) => typeof value === "number" && value >= 0);
  return inOrder && isTime && isFigure && rows.some(([, value]) => value > 0);
}
