/** The list of threads on a narrow screen: a drawer that slides in over the rest. */

const narrowScreen = matchMedia("(max-width: 52rem)");

export class Drawer {
  #nav = document.getElementById("threads");
  #content = document.getElementById("view");
  #button = document.getElementById("show-threads");
  #backdrop = document.getElementById("backdrop");

  constructor() {
    this.#button.addEventListener("click", () => this.#setOpen(true));
    document.getElementById("hide-threads").addEventListener("click", () => this.close());
    this.#backdrop.addEventListener("click", () => this.close());
    narrowScreen.addEventListener("change", () => this.#setOpen(false));
    this.#setOpen(false);
  }

  get isOpen() {
    return document.body.classList.contains("drawer-open");
  }

  close() {
    if (!this.isOpen) return;
    this.#setOpen(false);
    this.#button.focus();
  }

  #setOpen(open) {
    document.body.classList.toggle("drawer-open", open);
    this.#button.setAttribute("aria-expanded", String(open));
    this.#nav.inert = narrowScreen.matches && !open;
    this.#content.inert = open;
    this.#backdrop.hidden = !open;
    if (open) document.getElementById("hide-threads").focus();
  }
}
