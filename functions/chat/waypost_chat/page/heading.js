/** What the page shows, at its top and in the tab: an open thread, or a place among the agents. */

import { h } from "./dom.js";

export class Heading {
  #title = document.getElementById("title");
  #before = document.getElementById("before-title");
  #thread = "";
  #place = null;

  /** The open thread's title; it shows unless a place among the agents does. */
  thread(title) {
    this.#thread = title;
    if (!this.#place) this.#show(title);
  }

  /** A place, which may be inside another, whose address is `inside`; null for the open thread. */
  place(title, inside = null) {
    this.#place = title;
    this.#before.replaceChildren(...(inside ? [h("a", { href: inside }, "Agents")] : []));
    this.#show(title ?? this.#thread);
  }

  #show(title) {
    this.#title.textContent = title || "Waypost";
    this.#title.classList.toggle("unseen", !title);
    document.title = title ? `${title} · Waypost` : "Waypost";
  }
}
