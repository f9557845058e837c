/** The title at the top and in the browser's tab: an open thread, or a page of the Agents section. */

import { h } from "./dom.js";

export class PageTitle {
  #title = document.getElementById("title");
  #breadcrumb = document.getElementById("breadcrumb");
  #threadTitle = "";
  #section = null;

  /** Sets the open thread's title, which is shown unless a section is. */
  setThread(title) {
    this.#threadTitle = title;
    if (!this.#section) this.#show(title);
  }

  /** Shows a section's title, with a link to its parent if given; null for the open thread. */
  setSection(title, [parent, parentUrl] = []) {
    this.#section = title;
    this.#breadcrumb.replaceChildren(...(parentUrl ? [h("a", { href: parentUrl }, parent)] : []));
    this.#show(title ?? this.#threadTitle);
  }

  #show(title) {
    this.#title.textContent = title || "Waypost";
    this.#title.classList.toggle("visually-hidden", !title);
    document.title = title ? `${title} · Waypost` : "Waypost";
  }
}
