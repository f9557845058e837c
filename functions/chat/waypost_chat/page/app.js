/** The page: its parts, and the address that names the open thread. */

import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { h, icon } from "./dom.js";
import { Drawer } from "./drawer.js";
import { Picker } from "./picker.js";
import { Follower } from "./scroll.js";
import { Threads } from "./threads.js";

const EXAMPLES = ["How many technicians are active?", "What are the overtime rules?"];
const HELD = "Not sent yet: the question before it is still being answered. Send it after that.";
const heading = document.getElementById("title");

for (const place of document.querySelectorAll("[data-icon]"))
  place.prepend(icon(place.dataset.icon));

const drawer = new Drawer();
const composer = new Composer({ ask, stop: () => conversation.stop() });
const picker = new Picker({ noted });
const agent = () => picker.agent;
const conversation = new Conversation({ agent, began, busy, refused, held, noted, opened, empty });
const threads = new Threads({ open, renamed, removed });
const scroller = document.getElementById("scroller");
scroller.prepend(conversation.element);
const follower = new Follower(scroller, conversation.element, document.getElementById("to-end"));
const canHover = matchMedia("(hover: hover)").matches;

document.getElementById("new-thread").addEventListener("click", () => open(null));
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  composer.focus();
});
window.addEventListener("popstate", () => addressed() !== conversation.threadId && show());
window.addEventListener("pageshow", (event) => event.persisted && !conversation.busy && show());
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (drawer.isOpen) drawer.close();
  else conversation.stop();
});

threads.refresh().then(() => picker.refresh());
show();
write();

/** The thread that the address names, or null. */
function addressed() {
  return new URL(location.href).searchParams.get("thread");
}

function show() {
  const threadId = addressed();
  name("");
  noted("");
  threads.select(threadId);
  picker.select(threadId);
  if (threadId) conversation.open(threadId);
  else conversation.begin();
}

function open(threadId) {
  history.pushState(null, "", threadId ? `?thread=${encodeURIComponent(threadId)}` : "/");
  drawer.close();
  show();
  write();
}

/** Puts the cursor where one asks, but brings up no keyboard on a screen that is touched. */
function write() {
  if (canHover) composer.focus();
}

function ask(question) {
  const answered = conversation.ask(question);
  follower.toEnd();
  return answered;
}

function began(threadId) {
  if (addressed() !== threadId) {
    history.pushState(null, "", `?thread=${encodeURIComponent(threadId)}`);
    name(conversation.element.querySelector(".question").textContent);
    picker.began(threadId);
  }
  threads.select(threadId);
  threads.refresh();
}

function opened(thread) {
  name(thread?.title ?? "");
  follower.toEnd();
}

function renamed(thread) {
  if (thread.id === conversation.threadId) name(thread.title);
}

function removed(threadId) {
  if (threadId === conversation.threadId) open(null);
}

function refused(question, { code }) {
  composer.restore(question);
  if (code === "unknown_agent") picker.refresh();
}

function held(question) {
  composer.hold(question, HELD);
}

function noted(text) {
  composer.note(text);
}

function busy(is) {
  composer.busy(is);
  follower.follow(is);
}

function name(title) {
  heading.textContent = title;
  document.title = title ? `${title} · Waypost` : "Waypost";
}

function empty() {
  const example = (text) =>
    h("li", {}, h("button", { type: "button", on: { click: () => ask(text) } }, text));
  return h(
    "section",
    { class: "empty" },
    h("h2", {}, "Where to?"),
    h(
      "p",
      {},
      "Ask about the company’s records or its documents. You will see which agent takes the question, and why.",
    ),
    h("ul", { class: "examples", "aria-label": "Examples" }, EXAMPLES.map(example)),
  );
}
