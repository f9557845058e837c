/** One agent's page: its definition, a place to try it, its versions. */

import { h, iconButton } from "./dom.js";
import { Editing } from "./editing.js";
import { errorNotice, notice } from "./notices.js";
import { agentAddress } from "./places.js";
import * as registry from "./registry.js";
import { sure } from "./sure.js";
import { Trial } from "./trial.js";
import { Versions } from "./versions.js";

const PARTS = [
  ["definition", "Definition"],
  ["try", "Try it"],
  ["versions", "Versions"],
];

export class Specialist {
  agent;
  element = h("div", { class: "specialist" });
  #known;
  #does;
  #parts;
  #shown = "definition";
  #links = new Map();
  #news = h("div", { class: "news" });

  /**
   * `known` is the list that the agent is from. `does.changed(agent)` is told of every new version,
   * `does.removed(agent)` when it was deleted, `does.began()` of threads that it was tried in.
   */
  constructor(agent, known, does) {
    Object.assign(this, { agent });
    this.#known = known;
    this.#does = does;
    const mayWrite = known.may_write && !agent.deleted;
    const saved = (newer) => this.#is(newer);
    const editing = new Editing({ ...known, may_write: mayWrite }, agent, { saved });
    const trial = new Trial({ unsaved: () => this.changed, began: () => does.began() });
    const versions = new Versions(agent, known, { rollBack: (version) => this.#rollBack(version) });
    this.#parts = { definition: editing, try: trial, versions };
    this.element.append(this.#head(mayWrite), this.#news);
    for (const part of Object.values(this.#parts)) this.element.append(part.element);
    if (agent.deleted) this.#deleted();
  }

  get changed() {
    return this.#parts.definition.changed;
  }

  /** Shows one part of the page. */
  open(part, version) {
    if (!this.#links.has(part)) part = "definition";
    this.#shown = part;
    for (const [name, { element }] of Object.entries(this.#parts)) {
      element.hidden = name !== part;
      if (name === part) this.#links.get(name)?.setAttribute("aria-current", "page");
      else this.#links.get(name)?.removeAttribute("aria-current");
    }
    if (part === "try") this.#parts.try.open(this.agent);
    if (part === "versions") this.#parts.versions.open(this.agent, version);
  }

  /** Stops the question that is being answered. */
  stop() {
    return this.#parts.try.stop();
  }

  /** Reads no further; what is being answered goes on. */
  leave() {
    this.#parts.try.leave();
  }

  #head(mayWrite) {
    const link = ([part, label]) => {
      const href = agentAddress(this.agent.id, part === "definition" ? null : part);
      this.#links.set(part, h("a", { href }, label));
      return this.#links.get(part);
    };
    const bin = iconButton("bin", `Delete “${this.agent.name}”`, () => this.#remove());
    const parts = PARTS.filter(([part]) => part !== "try" || !this.agent.deleted);
    const nav = h("nav", { class: "parts", "aria-label": "This agent" }, parts.map(link));
    return h("div", { class: "under-title" }, nav, mayWrite && bin);
  }

  #is(agent) {
    this.agent = agent;
    this.#news.replaceChildren();
    this.#does.changed(agent);
  }

  async #remove() {
    const { id, name, version } = this.agent;
    const wanted = await sure({
      title: `Delete “${name}”?`,
      text: "Nobody can ask it any more. Its versions are kept, so that it can be brought back.",
      yes: "Delete",
      no: "Keep it",
    });
    if (!wanted) return;
    await this.#try("The agent was not deleted.", async () => {
      await registry.remove(id, version);
      this.#does.removed(this.agent);
    });
  }

  async #rollBack(version) {
    const wanted =
      !this.changed ||
      (await sure({
        title: "Discard your changes?",
        text: `The form holds changes that are not saved. Version ${version} takes their place.`,
        yes: "Discard and roll back",
        no: "Keep them",
      }));
    if (!wanted) return;
    await this.#try("The agent was not rolled back.", async () => {
      const agent = await registry.rollBack(this.agent.id, version, this.agent.version);
      if (this.agent.deleted) return this.#does.reload();
      this.#parts.definition.write(agent);
      this.#is(agent);
      this.#told(`Version ${agent.version} is current: it is as version ${version} was.`);
      if (this.#shown === "versions") this.#parts.versions.open(agent, null);
    });
  }

  #deleted() {
    const { version } = this.agent;
    const back = ["Bring it back", () => this.#does.revive(this.agent)];
    const actions = this.#known.may_write ? [back] : [];
    const title = `This agent was deleted with version ${version}.`;
    this.#news.replaceChildren(notice("calm", title, { actions }));
  }

  #told(text) {
    this.#news.replaceChildren(notice("calm", text));
  }

  async #try(title, work) {
    try {
      await work();
    } catch (error) {
      const reload = ["Show it as it is now", () => this.#does.reload()];
      const actions = error.code === "version_conflict" ? [reload] : [];
      this.#news.replaceChildren(errorNotice(error, title, actions));
    }
  }
}
