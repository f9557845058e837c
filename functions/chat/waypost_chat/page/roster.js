/** All agents, as the signs on one post. */

import { h } from "./dom.js";
import { counted } from "./figures.js";
import { notice } from "./notices.js";
import { NEW, agentAddress } from "./places.js";

export class Roster {
  #log = h("div", { class: "log" });
  element = h("div", { class: "part" }, h("div", { class: "scroller", tabindex: -1 }, this.#log));
  #news = h("div");
  #deletedToo = false;
  #again;

  /** `again({deleted})` reads the list anew, with those that were deleted if so wanted. */
  constructor({ again }) {
    this.#again = again;
  }

  get deletedToo() {
    return this.#deletedToo;
  }

  show({ agents, may_write: mayWrite }) {
    const there = agents.filter(({ deleted }) => !deleted).length;
    this.#log.replaceChildren(
      h(
        "div",
        { class: "roster-head" },
        h("p", {}, `${counted(there, "agent")} to send a question to.`),
        mayWrite && h("a", { class: "button main", href: NEW }, "New agent"),
      ),
      this.#news,
      h("ul", { class: "way roster", "aria-label": "Agents" }, agents.map(item)),
      this.#deleted(),
    );
  }

  /** What has just been done, with the way to undo it; nothing where `title` is empty. */
  tell(title, actions = []) {
    this.#news.replaceChildren(...(title ? [notice("calm", title, { actions })] : []));
  }

  problem(said) {
    this.#log.replaceChildren(said);
  }

  #deleted() {
    const input = h("input", { type: "checkbox" });
    input.checked = this.#deletedToo;
    input.addEventListener("change", async () => {
      this.#deletedToo = input.checked;
      await this.#again();
      this.#log.querySelector(".deleted-too input")?.focus();
    });
    return h("label", { class: "deleted-too" }, input, "Deleted ones too");
  }
}

function item(agent) {
  const { id, name, description, routed, deleted } = agent;
  const link = h("a", { href: agentAddress(id) }, h("span", { class: "sign" }, name));
  const kind = deleted ? "gone" : routed ? "" : "apart";
  return h(
    "li",
    { class: kind || null },
    h("div", { class: "who" }, h("h2", {}, link), h("code", { class: "id" }, id)),
    h("p", { class: "about" }, description),
    h("p", { class: "facts" }, facts(agent)),
  );
}

function facts({ strategy, tools, model, runnable, version, source, routed, deleted }) {
  return [
    deleted && h("b", { class: "problem-word" }, "deleted"),
    !routed && !deleted && h("span", {}, "only when picked"),
    fact("strategy", strategy),
    tools.length > 0 && fact("tools", tools.join(", ")),
    runnable ? fact("runnable", runnable) : fact("model", model ?? "default"),
    fact("version", version),
    h("span", {}, source === "file" ? "from its file" : "edited here"),
  ];
}

function fact(name, value) {
  return h("span", {}, `${name} `, h("b", {}, String(value)));
}
