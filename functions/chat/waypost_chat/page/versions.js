/** Every version of an agent: who made it and when, what it changed, and the way back to it. */

import { comparison } from "./comparing.js";
import { h } from "./dom.js";
import { ago } from "./figures.js";
import { errorNotice } from "./notices.js";
import { agentAddress } from "./places.js";
import * as registry from "./registry.js";

export class Versions {
  #log = h("div", { class: "log" });
  element = h("div", { class: "part" }, h("div", { class: "scroller", tabindex: -1 }, this.#log));
  #agent;
  #mayWrite;
  #does;

  /** `does.rollBack(version)` makes it the current one again. */
  constructor(agent, { may_write: mayWrite }, does) {
    this.#agent = agent;
    this.#mayWrite = mayWrite;
    this.#does = does;
  }

  /** Shows the list; the version `chosen` is open in it. */
  async open(agent, chosen) {
    this.#agent = agent;
    try {
      const { versions } = await registry.versions(agent.id);
      this.#draw(versions, chosen);
    } catch (error) {
      const again = ["Try again", () => this.open(agent, chosen)];
      const said = errorNotice(error, "The versions could not be listed.", [again]);
      this.#log.replaceChildren(said);
    }
  }

  #draw(versions, chosen) {
    const items = versions.map((version, n) =>
      this.#item(version, versions[n + 1], versions, chosen),
    );
    this.#log.replaceChildren(h("ol", { class: "way versions", "aria-label": "Versions" }, items));
    this.#log.querySelector(".chosen")?.scrollIntoView({ block: "nearest" });
  }

  #item(version, before, versions, chosen) {
    const { version: number } = version;
    const open = number === chosen;
    const href = agentAddress(version.id, "versions", open ? null : number);
    const current = number === this.#agent.version;
    return h(
      "li",
      { class: open && "chosen" },
      h("h2", {}, h("a", { href, "aria-expanded": String(open) }, `Version ${number}`)),
      current && h("span", { class: "tag" }, this.#agent.deleted ? "deleted" : "current"),
      made(version),
      open && this.#change(version, before, versions),
    );
  }

  #change(version, before, versions) {
    const current = versions.find(({ version: number }) => number === this.#agent.version);
    if (version === current) return this.#made(version, before);
    return h(
      "div",
      { class: "change" },
      h("p", { class: "what" }, `From version ${version.version} to the current one`),
      comparison(version, current ?? this.#agent),
      this.#mayWrite && !version.deleted && this.#back(version),
    );
  }

  #made(version, before) {
    if (!before) return h("p", { class: "change" }, "It is the first one, and the current one.");
    const title = `What it changed in version ${before.version}`;
    return h(
      "div",
      { class: "change" },
      h("p", { class: "what" }, title),
      comparison(before, version),
    );
  }

  #back({ version }) {
    const click = () => this.#does.rollBack(version);
    const label = `Roll back to version ${version}`;
    return h("p", { class: "actions" }, h("button", { type: "button", on: { click } }, label));
  }
}

function made({ source, created_by: who, created_at: at, deleted }) {
  const how = deleted ? "Deleted" : source === "file" ? "From its file" : "Saved";
  const by = who && source !== "file" ? ` by ${who}` : "";
  const exact = new Date(at).toLocaleString("en", { dateStyle: "long", timeStyle: "short" });
  const time = h("time", { datetime: at, title: exact }, ago(at));
  return h("p", { class: "made" }, `${how}${by}, `, time);
}
