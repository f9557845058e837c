/** The page: creates its components, and shows what the address names. */

import { AgentPicker } from "./agent_picker.js";
import { AgentsView } from "./agents_view.js";
import { AutoScroll } from "./auto_scroll.js";
import { BatchesView } from "./batches_view.js";
import { Composer } from "./composer.js";
import { confirmDialog } from "./confirm.js";
import { ConversationView } from "./conversation.js";
import { icon } from "./dom.js";
import { Drawer } from "./drawer.js";
import { Navigation } from "./navigation.js";
import { PageTitle } from "./page_title.js";
import { ThreadList } from "./thread_list.js";
import { parseView } from "./urls.js";
import { welcome } from "./welcome.js";

const EXAMPLES = ["How many technicians are active?", "What are the overtime rules?"];
const NOT_SENT =
  "Not sent yet: the previous question is still being answered. Send this one afterwards.";
const UNSAVED_CHANGES = {
  title: "Leave without saving?",
  text: "Your changes to the form are not saved.",
  confirmLabel: "Leave",
  cancelLabel: "Stay",
};
const canHover = matchMedia("(hover: hover)").matches;

for (const element of document.querySelectorAll("[data-icon]"))
  element.prepend(icon(element.dataset.icon));

const drawer = new Drawer();
const pageTitle = new PageTitle();
const navigation = new Navigation({ navigated, confirmLeaving });
const agentsView = new AgentsView({
  setTitle: (title, parentUrl) =>
    pageTitle.setSection(title, parentUrl ? ["Agents", parentUrl] : []),
  agentsChanged: () => picker.refresh(),
  runStarted: () => threadList.refresh(),
  navigate: (url) => navigation.go(url),
  replaceUrl: (url) => navigation.replace(url),
});
const batchesView = new BatchesView({
  setTitle: (title, parent) => pageTitle.setSection(title, parent),
  navigate: (url) => navigation.go(url),
});
const composer = new Composer(
  document.getElementById("composer"),
  document.getElementById("composer-note"),
  { ask, stop: () => conversation.stop() },
);
const picker = new AgentPicker({ showNote: (text) => composer.showNote(text) });
const conversation = new ConversationView({
  selectedAgent: () => picker.agentId,
  runStarted,
  setBusy,
  questionRejected,
  questionPostponed: (question) => composer.returnQuestion(question, NOT_SENT),
  showNote: (text) => composer.showNote(text),
  threadOpened,
  welcome: () => welcome(EXAMPLES, ask),
});
const threadList = new ThreadList({
  open: openThread,
  renamed: threadRenamed,
  deleted: threadDeleted,
});
const scroller = document.getElementById("scroller");
scroller.prepend(conversation.element);
const autoScroll = new AutoScroll(
  scroller,
  conversation.element,
  document.getElementById("scroll-to-end"),
);

document.getElementById("new-thread").addEventListener("click", () => openThread(null));
document.querySelector(".skip-link").addEventListener("click", (event) => {
  event.preventDefault();
  if (isConversation()) composer.focus();
  else document.getElementById(section()).focus();
});
addEventListener("pageshow", (event) => {
  if (event.persisted && !conversation.busy) showThread();
});
addEventListener("beforeunload", (event) => {
  if (agentsView.hasUnsavedChanges) event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]")) return;
  if (drawer.isOpen) drawer.close();
  else if (isConversation()) conversation.stop();
  else agentsView.stop();
});

threadList.refresh().then(() => picker.refresh());
showThread();
showView();
focusComposer();

/** The id of the thread that the address names, or null. */
function threadInUrl() {
  return new URL(location.href).searchParams.get("thread");
}

/** The id of the part of the page that the address names. */
function section() {
  const { name } = parseView(location.hash);
  if (name === "conversation") return name;
  return name === "batches" || name === "batch" ? "batches" : "agents";
}

/** Whether the conversation is shown, and not the agents or the batches. */
function isConversation() {
  return section() === "conversation";
}

function showThread() {
  const threadId = threadInUrl();
  pageTitle.setThread("");
  composer.showNote("");
  picker.selectThread(threadId);
  if (threadId) conversation.open(threadId);
  else conversation.startNew();
}

/** Shows the conversation, the agents or the batches, as the address says. */
function showView() {
  const view = parseView(location.hash);
  for (const id of ["conversation", "agents", "batches"])
    document.getElementById(id).hidden = id !== section();
  for (const id of ["agents", "batches"])
    document.getElementById(`${id}-link`).ariaCurrent = id === section() ? "page" : null;
  if (isConversation()) pageTitle.setSection(null);
  threadList.select(isConversation() ? threadInUrl() : null);
  agentsView.show(section() === "agents" ? view : { name: "conversation" });
  batchesView.show(view);
}

function navigated() {
  drawer.close();
  showView();
  if (isConversation() && threadInUrl() !== conversation.threadId) showThread();
}

/** Null where nothing would be lost, else a promise of whether the reader leaves all the same. */
function confirmLeaving(url) {
  const hash = url.includes("#") ? url.slice(url.indexOf("#")) : "";
  if (!agentsView.wouldLoseChanges(parseView(hash))) return null;
  return confirmDialog(UNSAVED_CHANGES).then((leaves) => {
    if (leaves) agentsView.discardForm();
    return leaves;
  });
}

async function openThread(threadId) {
  const wasConversation = isConversation();
  await navigation.go(threadId ? `?thread=${encodeURIComponent(threadId)}` : "/");
  if (!isConversation()) return;
  if (wasConversation && threadId === conversation.threadId) showThread();
  focusComposer();
}

/** Not on a touch screen, where it would open the keyboard. */
function focusComposer() {
  if (canHover && isConversation()) composer.focus();
}

function ask(question) {
  const answered = conversation.ask(question);
  autoScroll.scrollToEnd();
  return answered;
}

function runStarted(threadId) {
  if (threadInUrl() !== threadId) {
    const hash = isConversation() ? "" : location.hash;
    navigation.push(`?thread=${encodeURIComponent(threadId)}${hash}`);
    pageTitle.setThread(conversation.element.querySelector(".question").textContent);
    picker.threadCreated(threadId);
  }
  if (isConversation()) threadList.select(threadId);
  threadList.refresh();
}

function threadOpened(thread) {
  pageTitle.setThread(thread?.title ?? "");
  autoScroll.scrollToEnd();
}

function threadRenamed(thread) {
  if (thread.id === conversation.threadId) pageTitle.setThread(thread.title);
}

function threadDeleted(threadId) {
  if (threadId !== conversation.threadId) return;
  if (isConversation()) {
    openThread(null);
    return;
  }
  navigation.replace(`/${location.hash}`);
  showThread();
}

function questionRejected(question, { code }) {
  composer.restoreQuestion(question);
  if (code === "unknown_agent") picker.refresh();
}

function setBusy(busy) {
  composer.setBusy(busy);
  autoScroll.setStreaming(busy);
}
