/** A list to choose from with the arrow keys, by typing a part of a name, or by a click. */

import { h } from "./dom.js";

export class Combobox {
  #input;
  #list;
  #onChoose;
  #items = [];
  #selected = null;
  #activeIndex = -1;

  /** `onChoose(value)` is called with the value that was chosen. The focus stays in `input`. */
  constructor(input, list, onChoose) {
    this.#input = input;
    this.#list = list;
    this.#onChoose = onChoose;
    input.addEventListener("input", () => this.#render(null));
    list.addEventListener("click", ({ target }) => this.#choose(target.closest("[role=option]")));
  }

  /** `items` are `{value, name, description, tag}`; `selected` is the value chosen now. */
  show(items, selected) {
    this.#items = items;
    this.#selected = selected;
    this.#render(selected);
  }

  /** Replaces the items of an open list; the active option stays active. */
  updateItems(items) {
    this.#items = items;
    this.#render(this.#list.children[this.#activeIndex]?.dataset.value || null);
  }

  /** Returns whether the key was one for the list. */
  handleKey({ key }) {
    const count = this.#list.children.length;
    if (key === "ArrowDown") this.#activate((this.#activeIndex + 1) % count);
    else if (key === "ArrowUp") this.#activate((this.#activeIndex + count - 1) % count);
    else if (key === "Enter") this.#choose(this.#list.children[this.#activeIndex]);
    else return false;
    return true;
  }

  /** Shows the matching items, those first that are named so, and activates that of `value`, or the first of a search. */
  #render(value) {
    const words = this.#input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const isNamed = ({ name }) => words.every((word) => name.toLowerCase().includes(word));
    const matches = this.#items
      .filter((item) => words.every((word) => searchText(item).includes(word)))
      .sort((one, other) => isNamed(other) - isNamed(one));
    this.#list.replaceChildren(...matches.map((item, n) => this.#option(item, n)));
    this.#list.hidden = matches.length === 0;
    const index = matches.findIndex((item) => item.value === value);
    this.#activate(index < 0 && words.length > 0 ? 0 : index);
  }

  #option({ value, name, description, tag }, n) {
    return h(
      "li",
      {
        role: "option",
        id: `${this.#list.id}-${n}`,
        "data-value": value ?? "",
        "aria-selected": String(value === this.#selected),
      },
      h("span", { class: "name" }, name, tag && h("small", {}, tag)),
      description && h("span", { class: "description" }, description),
    );
  }

  #activate(index) {
    this.#list.querySelector(".active")?.classList.remove("active");
    this.#activeIndex = index;
    const option = this.#list.children[index];
    if (!option) {
      this.#input.removeAttribute("aria-activedescendant");
      return;
    }
    this.#input.setAttribute("aria-activedescendant", option.id);
    option.classList.add("active");
    option.scrollIntoView({ block: "nearest" });
  }

  #choose(option) {
    if (option) this.#onChoose(option.dataset.value || null);
  }
}

const searchText = ({ value, name, description }) =>
  `${value ?? ""} ${name} ${description ?? ""}`.toLowerCase();
