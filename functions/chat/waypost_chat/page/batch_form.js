/** The form that sends a batch: a file dropped in or lines pasted, looked at before it starts. */

import { createSchedule, sendBatch } from "./batches_api.js";
import { h } from "./dom.js";
import { formatCost, formatNumber, pluralize } from "./format.js";
import { IdempotencyKeys } from "./idempotency_keys.js";
import { errorNotice } from "./notices.js";
import { MAX_CHARACTERS, parseQuestions, questionText } from "./question_lines.js";
import { ScheduleFields } from "./schedule_fields.js";

const PREVIEWED = 3;

export class BatchForm {
  #keys = new IdempotencyKeys();
  #callbacks;
  #costPerQuestion;
  #schedule = new ScheduleFields(() => this.#showPreview());
  #lines = h("textarea", {
    id: "batch-lines",
    rows: 6,
    placeholder: "One question a line, as text or as JSON",
    spellcheck: "false",
  });
  #file = h("input", { type: "file", id: "batch-file", accept: ".jsonl,.txt,.json" });
  #budget = h("input", { type: "number", id: "batch-budget", min: "0.01", step: "0.01" });
  #preview = h("div", { class: "batch-preview", role: "status" });
  #error = h("div");
  #send = h("button", { type: "submit", class: "primary" }, "Start");
  element = h(
    "form",
    { class: "batch-form", "aria-label": "New batch" },
    h("label", { for: "batch-lines" }, "Questions"),
    this.#lines,
    h(
      "p",
      { class: "batch-options" },
      h("span", {}, h("label", { for: "batch-file" }, "or a file "), this.#file),
      h("span", {}, h("label", { for: "batch-budget" }, "Budget in US$ "), this.#budget),
    ),
    this.#schedule.element,
    this.#preview,
    this.#error,
    h("p", {}, this.#send),
  );

  /**
   * `callbacks.sent(batch)` is called when a batch was taken, `scheduled()` when it is to be asked
   * later. `costPerQuestion` is that of the latest batch, null where there is none.
   */
  constructor(callbacks, costPerQuestion) {
    this.#callbacks = callbacks;
    this.#costPerQuestion = costPerQuestion;
    this.#lines.addEventListener("input", () => this.#showPreview());
    this.#file.addEventListener("change", () => this.#read(this.#file.files[0]));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.element.addEventListener("dragover", (event) => event.preventDefault());
    this.element.addEventListener("drop", (event) => {
      event.preventDefault();
      this.#read(event.dataTransfer.files[0]);
    });
    this.#showPreview();
  }

  async #read(file) {
    if (!file) return;
    this.#lines.value = await file.text();
    this.#showPreview();
  }

  #showPreview() {
    const text = this.#lines.value;
    const questions = parseQuestions(text);
    const tooLong = text.length > MAX_CHARACTERS;
    this.#send.disabled = questions.length === 0 || tooLong;
    const verb = this.#schedule.repeats ? "Schedule" : "Start";
    this.#send.textContent = questions.length
      ? `${verb} ${pluralize(questions.length, "question")}`
      : verb;
    const shown = questions.slice(0, PREVIEWED).map((one) => h("li", {}, questionText(one)));
    const rest = questions.length - shown.length;
    this.#preview.replaceChildren(
      ...(tooLong
        ? [h("p", {}, "This is too long for the page: send it with `waypost batch submit`.")]
        : []),
      ...(shown.length ? [h("ol", {}, shown)] : []),
      ...(rest > 0 ? [h("p", {}, `and ${formatNumber(rest)} more`)] : []),
      ...(questions.length && this.#costPerQuestion !== null
        ? [h("p", {}, this.#estimate(questions.length))]
        : []),
    );
  }

  #estimate(count) {
    const cost = formatCost(count * this.#costPerQuestion);
    return `About ${cost}, at the ${formatCost(this.#costPerQuestion)} that a question of your latest batch cost.`;
  }

  async #submit() {
    const questions = parseQuestions(this.#lines.value);
    const budget = Number(this.#budget.value);
    const options = budget > 0 ? { budget_usd: budget } : {};
    this.#send.disabled = true;
    this.#error.replaceChildren();
    try {
      if (this.#schedule.repeats) {
        await createSchedule(questions, this.#schedule.schedule, options);
        this.#callbacks.scheduled();
        return;
      }
      const key = this.#keys.keyFor(questions, options);
      const batch = await sendBatch(questions, options, key);
      this.#keys.forget();
      this.#callbacks.sent(batch);
    } catch (error) {
      this.#error.replaceChildren(errorNotice(error, "The batch was not sent."));
      this.#send.disabled = false;
    }
  }
}
