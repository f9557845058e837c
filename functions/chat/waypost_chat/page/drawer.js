/** The list of threads on a narrow screen: it slides in, and everything else waits. */

const NARROW = matchMedia("(max-width: 52rem)");

export class Drawer {
  #nav = document.getElementById("threads");
  #rest = document.getElementById("view");
  #button = document.getElementById("show-threads");
  #back = document.getElementById("backdrop");

  constructor() {
    this.#button.addEventListener("click", () => this.#set(true));
    document.getElementById("hide-threads").addEventListener("click", () => this.close());
    this.#back.addEventListener("click", () => this.close());
    NARROW.addEventListener("change", () => this.#set(false));
    this.#set(false);
  }

  get isOpen() {
    return document.body.classList.contains("drawer-open");
  }

  close() {
    if (!this.isOpen) return;
    this.#set(false);
    this.#button.focus();
  }

  #set(open) {
    document.body.classList.toggle("drawer-open", open);
    this.#button.setAttribute("aria-expanded", String(open));
    this.#nav.inert = NARROW.matches && !open;
    this.#rest.inert = open;
    this.#back.hidden = !open;
    if (open) document.getElementById("hide-threads").focus();
  }
}
