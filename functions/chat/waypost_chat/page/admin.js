/** The view of agents: which of its pages the address names, and what they have in common. */

import { announce, h } from "./dom.js";
import { Editing } from "./editing.js";
import { broughtBack, deleted, everyone, named } from "./finding.js";
import { errorNotice, notice } from "./notices.js";
import { ROSTER, agentAddress, sameForm } from "./places.js";
import { Roster } from "./roster.js";
import { Specialist } from "./specialist.js";

const NONE = { view: "conversation" };

export class Admin {
  #main = document.getElementById("agents");
  #place = NONE;
  #turn = 0;
  #form = null;
  #page = null;
  #roster = new Roster({ again: () => this.#listAgain() });
  #does;

  /**
   * `does.titled(title, inside)` names what is shown, `does.changed()` says that there are other
   * agents now, `does.began()` that there is a new thread; `does.to(address)` leads on, and
   * `does.replace(address)` mends the address.
   */
  constructor(does) {
    this.#does = does;
  }

  /** Whether something that was typed is not stored. */
  get unsaved() {
    return Boolean(this.#form?.changed);
  }

  /** Whether that would be lost by going to `place`. */
  loses(place) {
    return this.unsaved && !sameForm(this.#place, place);
  }

  discard() {
    this.#form = null;
  }

  /** Shows the place, or nothing where that is elsewhere. */
  show(place) {
    const stays = this.#page && sameForm(this.#place, place);
    this.#place = place;
    if (place.view !== "roster") this.#roster.tell("");
    if (place.view === NONE.view) this.#leave();
    else if (stays) this.#page.open(place.part, place.version);
    else this.#open();
  }

  stop() {
    return this.#page?.stop();
  }

  #leave() {
    this.#turn += 1;
    this.#page?.leave();
    this.#form = this.#page = null;
    this.#main.replaceChildren();
  }

  async #open() {
    this.#leave();
    const turn = this.#turn;
    this.#main.setAttribute("aria-busy", "true");
    try {
      const shown = await this.#made();
      if (turn !== this.#turn) return;
      this.#main.focus();
      shown();
    } catch (error) {
      if (turn !== this.#turn) return;
      const again = ["Try again", () => this.#open()];
      this.#says(errorNotice(error, "This could not be opened.", [again]));
    }
    this.#main.removeAttribute("aria-busy");
  }

  /** What puts the place on the page, with all that it needs read already. */
  async #made() {
    if (this.#place.view === "roster") {
      const known = await everyone(this.#roster.deletedToo);
      return () => this.#list(known);
    }
    const known = await everyone();
    if (this.#place.view === "new") return () => this.#new(known);
    const agent = named(known, this.#place.id) ?? (await deleted(this.#place.id));
    return () => (agent ? this.#agent(agent, known) : this.#nobody());
  }

  #list(known) {
    this.#does.titled("Agents");
    this.#roster.show(known);
    this.#main.replaceChildren(this.#roster.element);
  }

  async #listAgain() {
    this.#list(await everyone(this.#roster.deletedToo));
  }

  #new(known) {
    this.#does.titled("New agent", ROSTER);
    if (!known.may_write) return this.#says(notice("calm", "Making agents needs the admin role."));
    this.#form = new Editing(known, null, { saved: (agent) => this.#created(agent) });
    this.#main.replaceChildren(this.#form.element);
  }

  #agent(agent, known) {
    const { id, part, version } = this.#place;
    if (id !== agent.id) this.#renamed(agent);
    this.#does.titled(agent.name, ROSTER);
    this.#form = this.#page = new Specialist(agent, known, {
      changed: (newer) => this.#changed(newer),
      removed: (gone) => this.#removed(gone),
      began: () => this.#does.began(),
      revive: (gone) => this.#revive(gone),
      reload: () => this.#open(),
    });
    this.#main.replaceChildren(this.#page.element);
    this.#page.open(part, version);
  }

  /** It was asked for by another of its names. */
  #renamed({ id }) {
    const { part, version } = this.#place;
    this.#place = { ...this.#place, id };
    this.#does.replace(agentAddress(id, part, version));
  }

  #nobody() {
    this.#does.titled("No such agent", ROSTER);
    const back = ["All agents", () => this.#does.to(ROSTER)];
    const text = "It may have had another id, or belong to somebody else.";
    this.#says(notice("problem", "There is no such agent.", { text, actions: [back] }));
  }

  #created(agent) {
    this.#form = null;
    announce(`“${agent.name}” is there, and can be asked.`);
    this.#does.changed();
    this.#does.replace(agentAddress(agent.id));
    this.show({ view: "agent", id: agent.id, part: "definition", version: null });
  }

  #changed(agent) {
    this.#does.titled(agent.name, ROSTER);
    this.#does.changed();
  }

  async #removed(agent) {
    this.#form = null;
    this.#does.changed();
    const undo = ["Undo", () => this.#revive(agent)];
    this.#roster.tell(`“${agent.name}” was deleted.`, [undo]);
    announce(`“${agent.name}” was deleted. It can be brought back.`);
    await this.#does.to(ROSTER);
  }

  async #revive({ id, name }) {
    try {
      await broughtBack(id);
    } catch (error) {
      return this.#says(errorNotice(error, `“${name}” was not brought back.`));
    }
    this.#roster.tell("");
    announce(`“${name}” is back.`);
    this.#does.changed();
    if (this.#place.id === id) this.#open();
    else this.#does.to(agentAddress(id));
  }

  #says(said) {
    const log = h("div", { class: "log" }, said);
    this.#main.replaceChildren(h("div", { class: "scroller" }, log));
  }
}
