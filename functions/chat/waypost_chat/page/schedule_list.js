/** The user's schedules: when each asks, its last batch, and a way to end it. */

import { deleteSchedule } from "./batches_api.js";
import { announce, h } from "./dom.js";
import { errorNotice } from "./notices.js";
import { batchUrl } from "./urls.js";

export function scheduleList(schedules) {
  return h(
    "section",
    { "aria-label": "Schedules" },
    h("h2", {}, "Schedules"),
    h("ul", { class: "timeline batch-list" }, schedules.map(listItem)),
  );
}

function listItem(schedule) {
  const { id, name, expression, timezone, only_changed: onlyChanged, last_batch: last } = schedule;
  const error = h("div");
  const item = h(
    "li",
    {},
    h("h3", {}, name),
    h(
      "p",
      { class: "metadata" },
      h("code", {}, expression),
      h("span", {}, timezone),
      onlyChanged && h("span", {}, "tells changes only"),
      last ? h("a", { href: batchUrl(last) }, "last batch") : h("span", {}, "not asked yet"),
      h("button", { type: "button", on: { click: end }, "aria-label": `End ${name}` }, "End"),
    ),
    error,
  );

  async function end() {
    error.replaceChildren();
    try {
      await deleteSchedule(id);
      item.remove();
      announce(`${name} asks no more.`);
    } catch (failure) {
      error.replaceChildren(errorNotice(failure, "The schedule was not ended."));
    }
  }
  return item;
}
