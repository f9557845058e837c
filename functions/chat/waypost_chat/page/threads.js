/** The list of threads: the latest first, older ones on demand. */

import * as api from "./api.js";
import { h, iconButton } from "./dom.js";
import { ago } from "./figures.js";
import { errorNotice } from "./notices.js";

export class Threads {
  #list = document.getElementById("thread-list");
  #more = document.getElementById("more-threads");
  #problem = document.getElementById("thread-problem");
  #dialog = document.getElementById("confirm");
  #threads = [];
  #cursor = null;
  #current = null;
  #does;

  /** `does.open(threadId)`, `does.renamed(thread)` and `does.removed(threadId)`. */
  constructor(does) {
    this.#does = does;
    this.#more.addEventListener("click", () => this.#next());
  }

  /** Reads the latest threads; older ones that were shown already stay. */
  refresh() {
    return this.#try(
      "The threads could not be listed.",
      () => this.refresh(),
      async () => {
        const page = await api.threads(null);
        const latest = new Set(page.threads.map((thread) => thread.id));
        const older = this.#threads.filter((thread) => !latest.has(thread.id));
        if (older.length === 0 || this.#cursor === null) this.#cursor = page.next_cursor;
        this.#threads = [...page.threads, ...(page.next_cursor ? older : [])];
        this.#draw();
      },
    );
  }

  select(threadId) {
    this.#current = threadId;
    for (const link of this.#list.querySelectorAll("a")) {
      link.toggleAttribute("aria-current", link.dataset.id === threadId);
      if (link.dataset.id === threadId) link.setAttribute("aria-current", "page");
    }
  }

  #next() {
    return this.#try(
      "Older threads could not be listed.",
      () => this.#next(),
      async () => {
        const page = await api.threads(this.#cursor);
        const known = new Set(this.#threads.map((thread) => thread.id));
        const added = page.threads.filter((thread) => !known.has(thread.id));
        this.#cursor = page.next_cursor;
        this.#threads.push(...added);
        this.#draw();
        if (added[0]) this.#link(added[0].id).focus();
      },
    );
  }

  async #try(title, again, work) {
    try {
      await work();
      this.#problem.replaceChildren();
    } catch (error) {
      this.#problem.replaceChildren(errorNotice(error, title, again ? [["Try again", again]] : []));
    }
  }

  #draw() {
    const focused = document.activeElement?.dataset?.id;
    this.#list.replaceChildren(...this.#threads.map((thread) => this.#item(thread)));
    this.#more.hidden = this.#cursor === null;
    this.select(this.#current);
    if (focused) this.#link(focused)?.focus();
  }

  #link(threadId) {
    return [...this.#list.querySelectorAll("a")].find((link) => link.dataset.id === threadId);
  }

  #item(thread) {
    const open = (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      this.#does.open(thread.id);
    };
    const href = `?thread=${encodeURIComponent(thread.id)}`;
    const time = h("time", { datetime: thread.updated_at }, ago(thread.updated_at));
    const title = h("span", { class: "title" }, thread.title);
    const link = h(
      "a",
      { href, "data-id": thread.id, title: thread.title, on: { click: open } },
      title,
      time,
    );
    const item = h("li", {}, link);
    item.append(
      iconButton("pen", `Rename “${thread.title}”`, () => this.#edit(thread, item)),
      iconButton("bin", `Delete “${thread.title}”`, () => this.#confirm(thread)),
    );
    return item;
  }

  #edit(thread, item) {
    const input = h("input", { value: thread.title, maxlength: 200, "aria-label": "Title" });
    let over = false;
    const finish = async (keep) => {
      if (over) return;
      over = true;
      const title = input.value.trim();
      const changed = keep && title && title !== thread.title;
      if (changed) await this.#rename(thread, title);
      this.#draw();
      this.#link(thread.id)?.focus();
    };
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      finish(event.key === "Enter");
    });
    input.addEventListener("blur", () => finish(true));
    item.replaceChildren(input);
    input.select();
    input.focus();
  }

  #rename(thread, title) {
    return this.#try("The thread was not renamed.", null, async () => {
      const renamed = await api.rename(thread.id, title);
      thread.title = renamed.title;
      this.#does.renamed(renamed);
    });
  }

  #confirm(thread) {
    this.#dialog.querySelector(".what").textContent = thread.title;
    this.#dialog.returnValue = "";
    this.#dialog.onclose = () => {
      if (this.#dialog.returnValue === "delete") this.#remove(thread);
    };
    this.#dialog.showModal();
  }

  #remove(thread) {
    return this.#try("The thread was not deleted.", null, async () => {
      await api.remove(thread.id);
      const at = this.#threads.indexOf(thread);
      this.#threads = this.#threads.filter((other) => other.id !== thread.id);
      this.#draw();
      const next = this.#threads[at] ?? this.#threads[at - 1];
      (next ? this.#link(next.id) : document.getElementById("new-thread")).focus();
      this.#does.removed(thread.id);
    });
  }
}
