/** A list to choose from: by arrow keys, by typing a part of it, or by a click. */

import { h } from "./dom.js";

export class Options {
  #input;
  #list;
  #choose;
  #items = [];
  #current = null;
  #active = -1;

  /** `choose(value)` is called with what was chosen. The cursor stays in `input`. */
  constructor(input, list, choose) {
    this.#input = input;
    this.#list = list;
    this.#choose = choose;
    input.addEventListener("input", () => this.#draw(null));
    list.addEventListener("click", ({ target }) => this.#chosen(target.closest("[role=option]")));
  }

  /** `items` are `{value, name, about, tag}`; `current` is the value that is chosen now. */
  show(items, current) {
    this.#items = items;
    this.#current = current;
    this.#draw(current);
  }

  /** Other items, while somebody is choosing: where they had come to stays. */
  renew(items) {
    this.#items = items;
    this.#draw(this.#list.children[this.#active]?.dataset.value || null);
  }

  /** Whether the key was one for the list. */
  key({ key }) {
    const shown = this.#list.children.length;
    if (key === "ArrowDown") this.#go((this.#active + 1) % shown);
    else if (key === "ArrowUp") this.#go((this.#active + shown - 1) % shown);
    else if (key === "Enter") this.#chosen(this.#list.children[this.#active]);
    else return false;
    return true;
  }

  /** Goes to the option of value `at`, and while something is typed else to the first. */
  #draw(at) {
    const words = this.#input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.#items.filter((item) => words.every((word) => text(item).includes(word)));
    this.#list.replaceChildren(...found.map((item, n) => this.#option(item, n)));
    this.#list.hidden = found.length === 0;
    const place = found.findIndex(({ value }) => value === at);
    this.#go(place < 0 && words.length > 0 ? 0 : place);
  }

  #option({ value, name, about, tag }, n) {
    return h(
      "li",
      {
        role: "option",
        id: `${this.#list.id}-${n}`,
        "data-value": value ?? "",
        "aria-selected": String(value === this.#current),
      },
      h("span", { class: "name" }, name, tag && h("small", {}, tag)),
      about && h("span", { class: "about" }, about),
    );
  }

  #go(at) {
    this.#list.querySelector(".active")?.classList.remove("active");
    this.#active = at;
    const option = this.#list.children[at];
    this.#input.toggleAttribute("aria-activedescendant", Boolean(option));
    if (!option) return;
    this.#input.setAttribute("aria-activedescendant", option.id);
    option.classList.add("active");
    option.scrollIntoView({ block: "nearest" });
  }

  #chosen(option) {
    if (option) this.#choose(option.dataset.value || null);
  }
}

const text = ({ value, name, about }) => `${value ?? ""} ${name} ${about ?? ""}`.toLowerCase();
