/** When questions are asked again: the days, the hour in this browser's time zone, and a name. */

import { h } from "./dom.js";

const DAYS = [
  ["", "Ask once, now"],
  ["* * ? *", "Every day"],
  ["? * MON-FRI *", "Every working day"],
  ["? * MON *", "Every Monday"],
  ["1 * ? *", "On the first of each month"],
];

export class ScheduleFields {
  #days = h(
    "select",
    { id: "batch-days" },
    DAYS.map(([value, label]) => h("option", { value }, label)),
  );
  #time = h("input", { type: "time", id: "batch-time", value: "20:00" });
  #name = h("input", { type: "text", id: "batch-name", maxlength: 100, placeholder: "Evening" });
  #onlyChanged = h("input", { type: "checkbox", id: "batch-only-changed" });
  #more = h(
    "span",
    { class: "batch-options", hidden: true },
    h("span", {}, h("label", { for: "batch-time" }, "at "), this.#time),
    h("span", {}, h("label", { for: "batch-name" }, "Name "), this.#name),
    h("label", {}, this.#onlyChanged, " Tell the bus only of answers that have changed"),
  );
  element = h(
    "p",
    { class: "batch-options" },
    h("span", {}, h("label", { for: "batch-days" }, "When "), this.#days),
    this.#more,
  );

  /** `onChange()` is called when somebody chooses other days. */
  constructor(onChange) {
    this.#days.addEventListener("change", () => {
      this.#more.hidden = !this.repeats;
      onChange();
    });
  }

  get repeats() {
    return this.#days.value !== "";
  }

  /** As `POST /v1/schedules` takes it, without the questions. */
  get schedule() {
    const [hours, minutes] = (this.#time.value || "20:00").split(":").map(Number);
    const days = this.#days.selectedOptions[0].textContent;
    return {
      name: this.#name.value.trim() || `${days} at ${this.#time.value}`,
      expression: `cron(${minutes} ${hours} ${this.#days.value})`,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
      only_changed: this.#onlyChanged.checked,
    };
  }
}
