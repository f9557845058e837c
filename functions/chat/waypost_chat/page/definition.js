/** The form that says what an agent is. */

import { choice, inTurn, some, yesOrNo } from "./choices.js";
import { contentOf, sameContent } from "./content.js";
import { h } from "./dom.js";
import { line, listed, number, prose, script, words } from "./fields.js";

const STRATEGIES = {
  none: "none: instructions and tools alone",
  rag: "rag: passages that a search finds",
  cag: "cag: whole documents, cached",
  hybrid: "hybrid: both",
};
const ID = {
  part: "id",
  label: "Id",
  hint: "Small letters, digits and hyphens. It stays as it is.",
  needed: true,
  props: { spellcheck: "false", maxlength: 64 },
};

/** `allowed` as the API lists it; without an `agent` the form is one for a new agent. */
export class Definition {
  element;
  #agent;
  #fields;
  #id;

  constructor(allowed, agent, { locked }) {
    this.#agent = agent;
    const made = fieldsOf(allowed, agent);
    this.#id = agent ? null : line(ID);
    this.#fields = [...made.who, ...made.told, ...made.uses, ...made.model];
    if (this.#id) this.#suggestIds(made.who[0]);
    this.element = h(
      "form",
      { class: agent ? "definition" : "definition new", novalidate: true },
      section("What it is for", [made.who[0], this.#id, ...made.who.slice(1)]),
      section("What it is told", made.told),
      section("What it works with", made.uses),
      section("Its model", made.model),
    );
    this.write(agent);
    if (locked) for (const field of this.#fields) field.lock();
  }

  /** Shows an agent, whose version is then what changes are measured against. */
  write(agent) {
    this.#agent = agent;
    const content = contentOf(agent ?? {});
    for (const { part, write } of this.#fields) write(content[part]);
    this.clear();
  }

  /** As the API wants it. */
  read() {
    const id = this.#id && { id: this.#id.read() };
    return { ...id, ...Object.fromEntries(this.#fields.map(({ part, read }) => [part, read()])) };
  }

  /** The version that is being edited is another one; what was typed stays. */
  rebase(agent) {
    this.#agent = agent;
  }

  get changed() {
    return !sameContent(this.#agent ?? {}, this.read()) || Boolean(this.#id?.read());
  }

  clear() {
    for (const { refuse } of this.#all) refuse("");
  }

  /** Says at its field what is wrong with it, and leads to the first; the rest is returned. */
  refuse(problems) {
    const places = new Map(this.#all.map((field) => [field.part, field]));
    const [here, elsewhere] = [[], []];
    for (const problem of problems) (places.has(problem.part) ? here : elsewhere).push(problem);
    for (const { part, text } of here) places.get(part).refuse(text);
    const refused = new Set(here.map(({ part }) => part));
    this.#all.find(({ part }) => refused.has(part))?.focus();
    return elsewhere;
  }

  /** What must be there and is not. */
  missing() {
    return this.#all
      .filter(({ needed, read }) => needed && read().length === 0)
      .map(({ part }) => ({ part, text: "This is needed." }));
  }

  get #all() {
    const [name, ...rest] = this.#fields;
    return this.#id ? [name, this.#id, ...rest] : this.#fields;
  }

  /** Until somebody types an id, it follows the name. */
  #suggestIds(name) {
    let own = false;
    const control = this.#id.element.querySelector("input");
    control.addEventListener("input", () => (own = control.value !== ""));
    name.element.addEventListener("input", () => {
      if (!own) this.#id.write(idFor(name.read()));
    });
  }
}

function section(title, fields) {
  return h(
    "section",
    {},
    h("h2", {}, title),
    fields.filter(Boolean).map(({ element }) => element),
  );
}

function fieldsOf({ models, strategies, tools, runnables }, agent) {
  const named = models.map((model) => [model, model]);
  const plugged = runnables.map((path) => [path, path]);
  return {
    who: [
      line({ part: "name", label: "Name", needed: true }),
      words({ part: "aliases", label: "Other names", hint: "Ids by which it is known as well." }),
      prose({
        part: "description",
        label: "Description",
        hint: "What it answers: the router decides by this, and people read it.",
        needed: true,
      }),
      listed({
        part: "examples",
        label: "Example questions",
        hint: "One a line. They show the router what to send here.",
        needed: true,
      }),
      yesOrNo({ part: "routed", label: "The router may choose it" }),
    ],
    told: [script({ part: "instructions", label: "Instructions", needed: true })],
    uses: [
      choice(
        { part: "strategy", label: "Strategy", hint: "How documents come before the model." },
        strategies.map((strategy) => [strategy, STRATEGIES[strategy] ?? strategy]),
      ),
      some({ part: "tools", label: "Tools" }, tools),
      listed({
        part: "documents",
        label: "Documents",
        hint: "Patterns of their paths, one a line, such as policies/*.md. None: all of them.",
      }),
      (runnables.length > 0 || agent?.runnable) &&
        choice(
          { part: "runnable", label: "Runnable", hint: "Code that answers in the model’s place." },
          [["", "None"], ...plugged],
        ),
    ].filter(Boolean),
    model: [
      choice({ part: "model", label: "Model" }, [["", "The deployment’s"], ...named]),
      inTurn(
        {
          part: "fallbacks",
          label: "Fallback models",
          hint: "Asked in turn where the model fails before its first word.",
        },
        models,
      ),
      number({ part: "max_tokens", label: "Tokens", hint: "The most in one model call." }),
      number({ part: "max_steps", label: "Steps", hint: "The most model calls in one run." }),
    ],
  };
}

function idFor(name) {
  const plain = name.normalize("NFD").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^[^a-z]+|-+$/g, "").slice(0, 64);
}
