/** Rows of a query as a table that can be sorted and downloaded, and a series as a chart. */

import { h } from "./dom.js";
import { formatNumber, pluralize } from "./format.js";
import { seriesChart } from "./series_chart.js";

const SPECIAL_IN_CSV = /[",\r\n]|^\s|\s$/;
/** A spreadsheet would run a cell that begins so. */
const FORMULA = /^[=+\-@\t\r]/;

/** `{columns, rows, truncated, row_count?}`; there may be fewer `rows` than `row_count`. */
export function resultTable({ columns, rows, truncated, row_count: total = rows.length }) {
  if (rows.length === 0) return h("p", { class: "row-count" }, "No rows.");
  const numeric = columns.map((_, n) =>
    rows.every((row) => row[n] === null || typeof row[n] === "number"),
  );
  const body = h("tbody");
  const headers = columns.map((name, n) =>
    sortableHeader(name, numeric[n], (descending) => sort(n, descending)),
  );
  fill(rows);

  function fill(sorted) {
    body.replaceChildren(
      ...sorted.map((row) =>
        h(
          "tr",
          {},
          row.map((value, n) => h("td", { class: numeric[n] && "align-end" }, cellText(value))),
        ),
      ),
    );
  }

  function sort(n, descending) {
    for (const [other, { element }] of headers.entries()) {
      if (other !== n) element.removeAttribute("aria-sort");
    }
    fill(rows.toSorted((one, other) => compare(one[n], other[n]) * (descending ? -1 : 1)));
  }

  const head = h(
    "thead",
    {},
    h(
      "tr",
      {},
      headers.map(({ element }) => element),
    ),
  );
  const props = { tabindex: 0, role: "region", "aria-label": "Result" };
  const region = h(
    "div",
    { class: "table-scroll result-table", ...props },
    h("table", {}, head, body),
  );
  const count = rowCount(rows.length, total, truncated);
  const foot = h("p", { class: "row-count" }, count, downloadButton(columns, rows));
  return h("div", {}, seriesChart(columns, rows), region, foot);
}

/** A column's name as a button that sorts by it, up first and then down. */
function sortableHeader(name, isNumeric, sort) {
  const click = () => {
    const descending = element.getAttribute("aria-sort") === "ascending";
    element.setAttribute("aria-sort", descending ? "descending" : "ascending");
    sort(descending);
  };
  const button = h("button", { type: "button", class: "sort", on: { click } }, name);
  const element = h("th", { scope: "col", class: isNumeric && "align-end" }, button);
  return { element };
}

/** Numbers by size, texts as people sort them, nothing last. */
function compare(one, other) {
  if (one === null || other === null) return (one === null) - (other === null);
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), undefined, { numeric: true });
}

function rowCount(shown, total, truncated) {
  if (shown < total) return `The first ${formatNumber(shown)} of ${pluralize(total, "row")}. `;
  return truncated && `The first ${pluralize(shown, "row")}; there are more. `;
}

function downloadButton(columns, rows) {
  const click = () => {
    const text = [columns, ...rows].map((row) => row.map(csvCell).join(",")).join("\r\n");
    const url = URL.createObjectURL(new Blob([`\ufeff${text}\r\n`], { type: "text/csv" }));
    h("a", { href: url, download: "result.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
  return h("button", { type: "button", class: "download", on: { click } }, "Download as CSV");
}

function csvCell(value) {
  if (value === null) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const safe = typeof value === "string" && FORMULA.test(text) ? `'${text}` : text;
  return SPECIAL_IN_CSV.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function cellText(value) {
  if (value === null) return h("i", { class: "null" }, "null");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
