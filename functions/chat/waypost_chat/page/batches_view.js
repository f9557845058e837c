/** The Batches section of the page: the list with a form for a new one, or one batch. */

import { BatchForm } from "./batch_form.js";
import { BatchPage } from "./batch_page.js";
import { getBatch, listBatches, listSchedules } from "./batches_api.js";
import { h } from "./dom.js";
import { formatAge, pluralize } from "./format.js";
import { errorNotice } from "./notices.js";
import { scheduleList } from "./schedule_list.js";
import { BATCHES_URL, batchUrl } from "./urls.js";

export class BatchesView {
  #main = document.getElementById("batches");
  #callbacks;
  #page = null;
  #loadCount = 0;

  /** `callbacks.setTitle(title, parent)` names what is shown; `navigate(url)` goes elsewhere. */
  constructor(callbacks) {
    this.#callbacks = callbacks;
  }

  /** Shows the view, or nothing where it is not one of this section. */
  async show(view) {
    this.#loadCount += 1;
    const load = this.#loadCount;
    this.#page?.leave();
    this.#page = null;
    this.#main.replaceChildren();
    if (view.name !== "batches" && view.name !== "batch") return;
    try {
      const content = view.name === "batch" ? this.#showBatch(view.id) : await this.#list();
      if (load !== this.#loadCount) return;
      this.#fill(content);
      await this.#page?.open();
    } catch (error) {
      if (load !== this.#loadCount) return;
      const retry = ["Try again", () => this.show(view)];
      this.#fill(errorNotice(error, "This could not be opened.", [retry]));
    }
  }

  #fill(content) {
    const log = h("div", { class: "log" }, content);
    this.#main.replaceChildren(h("div", { class: "scroller", tabindex: -1 }, log));
  }

  #showBatch(id) {
    this.#callbacks.setTitle(id, ["Batches", BATCHES_URL]);
    this.#page = new BatchPage(id);
    return this.#page.element;
  }

  async #list() {
    this.#callbacks.setTitle("Batches");
    const [batches, schedules] = await Promise.all([listBatches(), listSchedules()]);
    const callbacks = {
      sent: ({ id }) => this.#callbacks.navigate(batchUrl(id)),
      scheduled: () => this.show({ name: "batches" }),
    };
    const form = new BatchForm(callbacks, await costPerQuestion(batches));
    return h(
      "div",
      {},
      form.element,
      batches.length
        ? h("ul", { class: "timeline batch-list", "aria-label": "Batches" }, batches.map(listItem))
        : h("p", { class: "no-batches" }, "No batches yet."),
      schedules.length > 0 && scheduleList(schedules),
    );
  }
}

/** What an answer of the latest finished batch cost, in US dollars; null where there is none. */
async function costPerQuestion(batches) {
  const latest = batches.find(({ state }) => state === "completed");
  if (!latest) return null;
  const { cost_usd: cost, counts } = await getBatch(latest.id);
  return counts.answered ? cost / counts.answered : null;
}

function listItem({ id, state, source, total, created_at: createdAt }) {
  return h(
    "li",
    {},
    h("h2", {}, h("a", { href: batchUrl(id) }, id)),
    h(
      "p",
      { class: "metadata" },
      h("b", { class: "batch-state" }, state),
      h("span", {}, `by ${source}`),
      total && h("span", {}, pluralize(total, "line")),
      h("span", {}, formatAge(createdAt)),
    ),
  );
}
