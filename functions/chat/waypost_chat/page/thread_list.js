/** The list of threads: the latest first, older ones on demand. */

import { deleteThread, listThreads, renameThread } from "./api.js";
import { confirmDialog } from "./confirm.js";
import { h, iconButton } from "./dom.js";
import { formatAge } from "./format.js";
import { errorNotice } from "./notices.js";

const MAX_TITLE_LENGTH = 200;

export class ThreadList {
  #list = document.getElementById("thread-list");
  #moreButton = document.getElementById("more-threads");
  #error = document.getElementById("thread-list-error");
  #threads = [];
  #cursor = null;
  #selectedId = null;
  #callbacks;

  /** `callbacks.open(threadId)`, `callbacks.renamed(thread)`, `callbacks.deleted(threadId)`. */
  constructor(callbacks) {
    this.#callbacks = callbacks;
    this.#moreButton.addEventListener("click", () => this.#loadMore());
  }

  /** Reads the latest threads; older ones that were shown already stay. */
  refresh() {
    const retry = () => this.refresh();
    return this.#attempt("The threads could not be listed.", retry, async () => {
      const page = await listThreads(null);
      const latest = new Set(page.threads.map((thread) => thread.id));
      const older = this.#threads.filter((thread) => !latest.has(thread.id));
      if (older.length === 0 || this.#cursor === null) this.#cursor = page.next_cursor;
      this.#threads = [...page.threads, ...(page.next_cursor ? older : [])];
      this.#render();
    });
  }

  select(threadId) {
    this.#selectedId = threadId;
    for (const link of this.#list.querySelectorAll("a")) {
      if (link.dataset.id === threadId) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  #loadMore() {
    const retry = () => this.#loadMore();
    return this.#attempt("Older threads could not be listed.", retry, async () => {
      const page = await listThreads(this.#cursor);
      const shown = new Set(this.#threads.map((thread) => thread.id));
      const added = page.threads.filter((thread) => !shown.has(thread.id));
      this.#cursor = page.next_cursor;
      this.#threads.push(...added);
      this.#render();
      if (added[0]) this.#link(added[0].id).focus();
    });
  }

  async #attempt(failureTitle, retry, action) {
    try {
      await action();
      this.#error.replaceChildren();
    } catch (error) {
      const actions = retry ? [["Try again", retry]] : [];
      this.#error.replaceChildren(errorNotice(error, failureTitle, actions));
    }
  }

  #render() {
    const focusedId = document.activeElement?.dataset?.id;
    this.#list.replaceChildren(...this.#threads.map((thread) => this.#item(thread)));
    this.#moreButton.hidden = this.#cursor === null;
    this.select(this.#selectedId);
    if (focusedId) this.#link(focusedId)?.focus();
  }

  #link(threadId) {
    return [...this.#list.querySelectorAll("a")].find((link) => link.dataset.id === threadId);
  }

  #item(thread) {
    const { id, title } = thread;
    const open = (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      this.#callbacks.open(id);
    };
    const link = h(
      "a",
      { href: `?thread=${encodeURIComponent(id)}`, "data-id": id, title, on: { click: open } },
      h("span", { class: "title" }, title),
      h("time", { datetime: thread.updated_at }, formatAge(thread.updated_at)),
    );
    const item = h("li", {}, link);
    item.append(
      iconButton("pen", `Rename “${title}”`, () => this.#editTitle(thread, item)),
      iconButton("bin", `Delete “${title}”`, () => this.#confirmDelete(thread)),
    );
    return item;
  }

  #editTitle(thread, item) {
    const props = { value: thread.title, maxlength: MAX_TITLE_LENGTH, "aria-label": "Title" };
    const input = h("input", props);
    let finished = false;
    const finish = async (save) => {
      if (finished) return;
      finished = true;
      const title = input.value.trim();
      if (save && title && title !== thread.title) await this.#rename(thread, title);
      this.#render();
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
    return this.#attempt("The thread was not renamed.", null, async () => {
      const renamed = await renameThread(thread.id, title);
      thread.title = renamed.title;
      this.#callbacks.renamed(renamed);
    });
  }

  async #confirmDelete(thread) {
    const confirmed = await confirmDialog({
      title: "Delete this thread?",
      subject: thread.title,
      text: "Its questions and answers are deleted too.",
      confirmLabel: "Delete",
    });
    if (confirmed) await this.#delete(thread);
  }

  #delete(thread) {
    return this.#attempt("The thread was not deleted.", null, async () => {
      await deleteThread(thread.id);
      const index = this.#threads.findIndex(({ id }) => id === thread.id);
      this.#threads = this.#threads.filter(({ id }) => id !== thread.id);
      this.#render();
      const next = this.#threads[index] ?? this.#threads[index - 1];
      (next ? this.#link(next.id) : document.getElementById("new-thread")).focus();
      this.#callbacks.deleted(thread.id);
    });
  }
}
