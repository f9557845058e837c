/** An agent's form with what can be done with it: saving, and what stands against that. */

import { ApiError } from "./api.js";
import { conflict, removal } from "./conflict.js";
import { sameContent } from "./content.js";
import { Definition } from "./definition.js";
import { announce, h } from "./dom.js";
import { ago } from "./figures.js";
import { broughtBack, everyone } from "./finding.js";
import { errorNotice, notice } from "./notices.js";
import { problems } from "./refusing.js";
import * as registry from "./registry.js";

export class Editing {
  element;
  #form;
  #agent;
  #saved;
  #top = h("div", { class: "top" });
  #state = h("span", { class: "state", role: "status" });
  #save = h("button", { type: "submit", class: "main", form: "definition" }, "Save");
  #discard = h("button", { type: "button" }, "Discard changes");
  #saving = false;

  /** `saved(agent)` is called with what was stored. `agent` is null for a new one. */
  constructor({ allowed, may_write: mayWrite }, agent, { saved }) {
    this.#agent = agent;
    this.#saved = saved;
    this.#form = new Definition(allowed, agent, { locked: !mayWrite });
    this.#form.element.id = "definition";
    const log = h("div", { class: "log" }, this.#top, this.#form.element);
    const bar = h("div", { class: "saving" }, this.#state, this.#discard, this.#save);
    this.element = h(
      "div",
      { class: "part" },
      h("div", { class: "scroller" }, log),
      mayWrite && h("div", { class: "dock" }, bar),
    );
    if (mayWrite) this.#listen();
    else this.#top.append(notice("calm", "You can read this. Changing it needs the admin role."));
    this.#tell("");
  }

  get changed() {
    return this.#form.changed;
  }

  /** Shows another version of the agent: what was typed is gone. */
  write(agent) {
    this.#agent = agent;
    this.#form.write(agent);
    this.#top.replaceChildren();
    this.#tell("");
  }

  #listen() {
    const { element } = this.#form;
    for (const event of ["input", "change"]) element.addEventListener(event, () => this.#tell(""));
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#store(this.#agent?.version);
    });
    this.#discard.addEventListener("click", () => {
      this.write(this.#agent);
      this.#save.focus();
      announce("Your changes are discarded.");
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (this.changed) element.requestSubmit();
    });
  }

  async #store(version) {
    if (this.#saving) return;
    this.#top.replaceChildren();
    this.#form.clear();
    const missing = this.#form.missing();
    if (missing.length > 0) return void this.#form.refuse(missing);
    this.#busy(true);
    try {
      this.#stored(await this.#send(this.#form.read(), version));
    } catch (error) {
      this.#refused(error);
    } finally {
      this.#busy(false);
    }
  }

  #send(definition, version) {
    if (!this.#agent) return registry.create(definition);
    return registry.save(this.#agent.id, definition, version);
  }

  #busy(is) {
    this.#saving = is;
    this.#save.toggleAttribute("aria-disabled", is);
    if (is) this.#state.textContent = "Saving…";
    else if (this.changed) this.#tell("");
  }

  #refused(error) {
    if (error.code === "version_conflict") return this.#conflicts();
    const named = error instanceof ApiError ? problems(error) : [];
    const left = this.#form.refuse(named);
    if (named.length > 0 && left.length === 0) return;
    this.#above(errorNotice(error, "The agent was not saved."));
  }

  /** Somebody else was quicker: what they did is shown, and nothing of one's own is lost. */
  async #conflicts() {
    const { id } = this.#agent;
    try {
      const theirs = (await everyone(true)).agents.find((agent) => agent.id === id);
      if (theirs.deleted) this.#above(removal(theirs, () => this.#revive()));
      else this.#meets(theirs);
    } catch (error) {
      this.#above(errorNotice(error, "The agent was not saved: it was changed meanwhile."));
    }
  }

  /** What is stored may be one's own, where only the answer to saving it was lost. */
  #meets(theirs) {
    const mine = { ...this.#agent, ...this.#form.read() };
    if (sameContent(theirs, mine)) return this.#stored(theirs);
    const does = { load: () => this.#load(theirs), over: () => this.#store(theirs.version) };
    this.#above(conflict(this.#agent, theirs, mine, does));
  }

  async #revive() {
    try {
      const { version } = await broughtBack(this.#agent.id);
      await this.#store(version);
    } catch (error) {
      this.#above(errorNotice(error, "The agent was not brought back."));
    }
  }

  #stored(agent) {
    this.write(agent);
    this.#tell(`Saved as version ${agent.version}`);
    this.#saved(agent);
  }

  #load(theirs) {
    this.write(theirs);
    this.#saved(theirs);
    announce(`Version ${theirs.version} is shown.`);
  }

  #above(said) {
    this.#top.replaceChildren(said);
    said.scrollIntoView({ block: "nearest" });
    said.tabIndex = -1;
    said.focus();
  }

  #tell(text) {
    const { changed } = this;
    const how = changed ? "Unsaved changes" : this.#agent && made(this.#agent);
    this.#state.textContent = text || how || "";
    this.#discard.hidden = !changed || !this.#agent;
    this.#save.classList.toggle("idle", !changed);
  }
}

function made({ id, version, source, created_by: who, created_at: at }) {
  const how = source === "file" ? "from its file" : `saved by ${who ?? "nobody known"}`;
  return `${id}, version ${version}, ${how}, ${ago(at)}`;
}
