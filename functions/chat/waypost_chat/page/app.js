/** The page: its parts, and the address that says what is open. */

import { Admin } from "./admin.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { icon } from "./dom.js";
import { Drawer } from "./drawer.js";
import { Heading } from "./heading.js";
import { Picker } from "./picker.js";
import { placeOf } from "./places.js";
import { Follower } from "./scroll.js";
import { sure } from "./sure.js";
import { Threads } from "./threads.js";
import { Trail } from "./trail.js";
import { welcome } from "./welcome.js";

const EXAMPLES = ["How many technicians are active?", "What are the overtime rules?"];
const HELD = "Not sent yet: the question before it is still being answered. Send it after that.";
const UNSAVED = {
  title: "Leave without saving?",
  text: "What you changed in the form is not stored.",
  yes: "Leave",
  no: "Stay",
};

for (const place of document.querySelectorAll("[data-icon]"))
  place.prepend(icon(place.dataset.icon));

const drawer = new Drawer();
const heading = new Heading();
const trail = new Trail({ moved, gate });
const admin = new Admin({
  titled: (title, inside) => heading.place(title, inside),
  changed: () => picker.refresh(),
  began: () => threads.refresh(),
  to: (address) => trail.to(address),
  replace: (address) => trail.replace(address),
});
const form = document.getElementById("composer");
const stop = () => conversation.stop();
const composer = new Composer(form, document.getElementById("note"), { ask, stop });
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
  if (asking()) composer.focus();
  else document.getElementById("agents").focus();
});
addEventListener("pageshow", (event) => event.persisted && !conversation.busy && show());
addEventListener("beforeunload", (event) => admin.unsaved && event.preventDefault());
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]")) return;
  if (drawer.isOpen) drawer.close();
  else if (asking()) conversation.stop();
  else admin.stop();
});

threads.refresh().then(() => picker.refresh());
show();
look();
write();

/** The thread that the address names, or null. */
function addressed() {
  return new URL(location.href).searchParams.get("thread");
}

/** Whether the conversation is what is seen. */
function asking() {
  return placeOf(location.hash).view === "conversation";
}

function show() {
  const threadId = addressed();
  heading.thread("");
  noted("");
  picker.select(threadId);
  if (threadId) conversation.open(threadId);
  else conversation.begin();
}

/** Shows the conversation or the agents, as the address says. */
function look() {
  const place = placeOf(location.hash);
  document.getElementById("conversation").hidden = !asking();
  document.getElementById("agents").hidden = asking();
  document.getElementById("to-agents").ariaCurrent = asking() ? null : "page";
  if (asking()) heading.place(null);
  threads.select(asking() ? addressed() : null);
  admin.show(place);
}

function moved() {
  drawer.close();
  look();
  if (asking() && addressed() !== conversation.threadId) show();
}

/** Where something typed would be lost: whether the reader leaves all the same. */
function gate(address) {
  const hash = address.slice(address.indexOf("#"));
  if (!admin.loses(placeOf(address.includes("#") ? hash : ""))) return null;
  return sure(UNSAVED).then((leaves) => {
    if (leaves) admin.discard();
    return leaves;
  });
}

async function open(threadId) {
  const before = asking();
  await trail.to(threadId ? `?thread=${encodeURIComponent(threadId)}` : "/");
  if (!asking()) return;
  if (before && threadId === conversation.threadId) show();
  write();
}

/** Puts the cursor where one asks, but brings up no keyboard on a screen that is touched. */
function write() {
  if (canHover && asking()) composer.focus();
}

function ask(question) {
  const answered = conversation.ask(question);
  follower.toEnd();
  return answered;
}

function began(threadId) {
  if (addressed() !== threadId) {
    const hash = asking() ? "" : location.hash;
    trail.push(`?thread=${encodeURIComponent(threadId)}${hash}`);
    heading.thread(conversation.element.querySelector(".question").textContent);
    picker.began(threadId);
  }
  if (asking()) threads.select(threadId);
  threads.refresh();
}

function opened(thread) {
  heading.thread(thread?.title ?? "");
  follower.toEnd();
}

function renamed(thread) {
  if (thread.id === conversation.threadId) heading.thread(thread.title);
}

function removed(threadId) {
  if (threadId !== conversation.threadId) return;
  if (asking()) return open(null);
  trail.replace(`/${location.hash}`);
  show();
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

function empty() {
  return welcome(EXAMPLES, ask);
}
