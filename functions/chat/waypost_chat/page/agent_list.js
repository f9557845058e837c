/** The list of all agents. */

import { h } from "./dom.js";
import { pluralize } from "./format.js";
import { notice } from "./notices.js";
import { agentUrl, NEW_AGENT_URL } from "./urls.js";

export class AgentListView {
  #log = h("div", { class: "log" });
  element = h("div", { class: "panel" }, h("div", { class: "scroller", tabindex: -1 }, this.#log));
  #notice = h("div");
  #includesDeleted = false;
  #callbacks;

  /** `callbacks.reload()` reads the list again, with deleted agents if `includesDeleted`. */
  constructor(callbacks) {
    this.#callbacks = callbacks;
  }

  get includesDeleted() {
    return this.#includesDeleted;
  }

  show({ agents, may_write: mayWrite }) {
    const count = agents.filter(({ deleted }) => !deleted).length;
    this.#log.replaceChildren(
      h(
        "div",
        { class: "agent-list-header" },
        h("p", {}, pluralize(count, "agent")),
        mayWrite && h("a", { class: "button primary", href: NEW_AGENT_URL }, "New agent"),
      ),
      this.#notice,
      h("ul", { class: "timeline agent-list", "aria-label": "Agents" }, agents.map(listItem)),
      this.#deletedToggle(),
    );
  }

  /** Shows what has just been done, with actions such as undo; an empty `title` hides it. */
  showNotice(title, actions = []) {
    this.#notice.replaceChildren(...(title ? [notice("info", title, { actions })] : []));
  }

  #deletedToggle() {
    const checkbox = h("input", { type: "checkbox" });
    checkbox.checked = this.#includesDeleted;
    checkbox.addEventListener("change", async () => {
      this.#includesDeleted = checkbox.checked;
      await this.#callbacks.reload();
      this.#log.querySelector(".show-deleted input")?.focus();
    });
    return h("label", { class: "show-deleted" }, checkbox, "Show deleted agents");
  }
}

function listItem(agent) {
  const { id, name, description, routed, deleted } = agent;
  const link = h("a", { href: agentUrl(id) }, h("span", { class: "agent-badge" }, name));
  return h(
    "li",
    { class: deleted ? "deleted" : !routed && "not-routed" },
    h("div", { class: "agent-heading" }, h("h2", {}, link), h("code", { class: "id" }, id)),
    h("p", { class: "description" }, description),
    h("p", { class: "metadata" }, metadata(agent)),
  );
}

function metadata({ strategy, tools, model, runnable, version, source, routed, deleted }) {
  return [
    deleted && h("b", { class: "deleted-label" }, "deleted"),
    !routed && !deleted && h("span", {}, "not routed"),
    labelledValue("strategy", strategy),
    tools.length > 0 && labelledValue("tools", tools.join(", ")),
    runnable ? labelledValue("runnable", runnable) : labelledValue("model", model ?? "default"),
    labelledValue("version", version),
    h("span", {}, source === "file" ? "from a file" : "edited here"),
  ];
}

function labelledValue(label, value) {
  return h("span", {}, `${label} `, h("b", {}, String(value)));
}
