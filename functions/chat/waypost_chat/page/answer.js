/** One question and its answer, updated by the events of its runs, live or replayed. */

import { agentChoice } from "./agent_choice.js";
import * as notices from "./answer_notices.js";
import { announce, h } from "./dom.js";
import { StreamingMarkdown } from "./markdown_stream.js";
import { RoutingBadge } from "./routing_badge.js";
import { Sources } from "./sources.js";
import { StatusLine } from "./status_line.js";
import { ToolCallView } from "./tool_call.js";
import { UsageSummary } from "./usage.js";

const CUT_OFF = new Set(["max_tokens", "model_context_window_exceeded"]);

const SCROLLABLE_QUESTION_LENGTH = 600;
const ACTIVITIES = {
  classify: "Choosing the agent",
  model: "Thinking",
  tool: "Preparing a tool call",
  agent: "Asking another agent",
};
let answerCount = 0;

export class AnswerView {
  runId = "";
  threadId = "";
  ended = false;
  /** The reader has asked to stop the run. */
  stopping = false;
  #id = nextId();
  #channels = new Map();
  /** The text of each run that wrote the answer, in order. */
  #runTexts = [];
  #retrying = false;
  #connectionLost = false;
  #toolCalls = new Map();
  #sources = new Sources(this.#id);
  #usage = new UsageSummary();
  #routing = new RoutingBadge();
  #toolCallsElement = h("div");
  #reasoningText = h("p");
  #reasoning = h(
    "details",
    { class: "reasoning", hidden: true },
    h("summary", {}, "Reasoning"),
    this.#reasoningText,
  );
  #textElement = h("div", { class: "text" });
  #statusLine = new StatusLine();
  #stopError = h("div");
  #notice = h("div");
  #choice = h("div");
  #markdown = new StreamingMarkdown(this.#textElement, (index) => this.#sources.citation(index));

  /**
   * `actions.ask(question, agentId)` asks, of that agent where one is given;
   * `actions.continueRun(answer)` continues an answer.
   */
  constructor(question, actions) {
    Object.assign(this, { question, actions });
    const scrollable = question.length > SCROLLABLE_QUESTION_LENGTH;
    this.element = h(
      "article",
      { class: "exchange", "aria-labelledby": this.#id },
      h("h2", { class: "question", id: this.#id, tabindex: scrollable && 0 }, question),
      [this.#routing.element, this.#toolCallsElement, this.#reasoning],
      [this.#textElement, this.#choice, this.#sources.element],
      [this.#statusLine.element, this.#stopError, this.#notice, this.#usage.element],
    );
  }

  /** The answer as Markdown. */
  get text() {
    return this.#runTexts.join("");
  }

  /** Applies one event of the run; events of unknown types are ignored. */
  apply(event) {
    if (Object.hasOwn(this.#handlers, event.type)) this.#handlers[event.type](event);
  }

  /** Announces the whole answer to screen readers, which would not want it token by token. */
  announceAnswer() {
    announce(`Answer: ${this.#textElement.textContent}`);
  }

  /** A run is read onto this answer: a first one, one that continues it, or one still live. */
  resume(activity) {
    if (this.ended) this.#usage.startNextRun();
    this.ended = this.stopping = this.#connectionLost = false;
    this.#textElement.classList.remove("partial");
    this.#notice.replaceChildren();
    this.#statusLine.reset(activity);
  }

  showConnected() {
    if (this.#connectionLost) announce("");
    this.#notice.replaceChildren();
    this.#statusLine.setConnection("");
  }

  showReconnecting() {
    this.#notice.replaceChildren();
    this.#statusLine.setConnection("Reconnecting…");
    if (!this.#connectionLost) announce("The connection was lost. Reconnecting.");
    this.#connectionLost = true;
  }

  /** Nothing more is read until `retry` is called. `error` is the reason. */
  showDisconnected(retry, error) {
    this.#statusLine.setConnection("Not connected");
    this.#notice.replaceChildren(notices.disconnected(this, retry, error));
  }

  showStopping() {
    this.stopping = true;
    this.#stopError.replaceChildren();
    this.#statusLine.setStopping("Stopping…");
  }

  showStopFailed(error, retry) {
    this.stopping = false;
    this.#statusLine.setStopping("");
    this.#stopError.replaceChildren(notices.stopFailed(error, retry));
  }

  /** The question was stopped before its run was known. */
  showStoppedEarly() {
    this.#finish(notices.stoppedEarly(this));
  }

  /** No run was started. `error` is one of `api.js`. */
  showRejected(error) {
    this.#finish(notices.rejected(this, error));
  }

  showNotContinued(error) {
    this.#textElement.classList.add("partial");
    this.#finish(notices.notContinued(this, error));
  }

  #handlers = {
    "run.started": ({ run_id: runId, thread_id: threadId }) => {
      if (this.ended) this.resume("");
      Object.assign(this, { runId, threadId });
      this.#runTexts.push("");
      this.#setActivity(
        this.#runTexts.length > 1 ? "Reading the answer so far" : "Reading the question",
      );
    },
    "route.decided": (route) => this.#routing.addDecision(route),
    "step.started": (step) => {
      this.#usage.addStep(step);
      this.#setActivity(this.#retrying && step.kind === "model" ? "Trying again" : activity(step));
    },
    "step.updated": (step) => this.#usage.addStepNote(step),
    "step.completed": (step) => {
      this.#usage.completeStep(step);
      this.#retrying = step.status === "retried";
      if (this.#retrying) this.#setActivity("Trying again");
    },
    "text.started": ({ text_id: id, channel }) => {
      this.#channels.set(id, channel);
      this.#setActivity(channel === "final" ? "Writing" : "Thinking");
    },
    "text.delta": ({ text_id: id, delta }) => this.#appendText(this.#channels.get(id), delta),
    "tool.started": ({ call_id: id, name }) => {
      const call = new ToolCallView(name);
      this.#toolCalls.set(id, call);
      this.#toolCallsElement.append(call.element);
    },
    "tool.input.delta": ({ call_id: id, delta }) => this.#toolCalls.get(id)?.appendInput(delta),
    "tool.input": ({ call_id: id, arguments: args }) => {
      this.#toolCalls.get(id)?.setArguments(args);
      this.#setActivity("Running a tool");
    },
    "tool.output": ({ call_id: id, output, elapsed_ms: elapsedMs }) =>
      this.#toolCalls.get(id)?.setOutput(output, elapsedMs),
    "tool.failed": ({ call_id: id, message }) => this.#toolCalls.get(id)?.setError(message),
    "source.cited": (source) => {
      this.#sources.add(source);
      this.#markdown.redraw(this.#visibleText());
    },
    data: ({ name, id, data }) => {
      if (name === "table") this.#toolCalls.get(id)?.setTable(data);
      else if (name === "choice") this.#choice.replaceChildren(agentChoice(data, this.actions.ask));
    },
    usage: ({ cost_usd: costUsd, ...usage }) => this.#usage.setTotals(usage, costUsd),
    "run.completed": (end) => {
      this.#usage.setTotals(end.usage, end.cost_usd, end);
      this.#finish(CUT_OFF.has(end.stop_reason) ? notices.truncated(this) : null);
    },
    "run.failed": (end) => {
      this.#textElement.classList.toggle("partial", end.partial && end.code !== "not_saved");
      this.#finish(notices.failed(this, end));
    },
    "run.cancelled": (end) => {
      this.#textElement.classList.toggle("partial", end.partial);
      this.#finish(notices.cancelled(this, end));
    },
  };

  #appendText(channel, delta) {
    if (channel === "final") {
      this.#runTexts.push(this.#runTexts.pop() + delta);
      this.#markdown.write(this.#visibleText());
    } else if (channel !== "classify") {
      this.#reasoning.hidden = false;
      this.#reasoningText.append(delta);
    }
  }

  #setActivity(text) {
    this.#statusLine.setActivity(text);
  }

  /** The text without its lists of sources where those are shown below it. */
  #visibleText() {
    return this.#runTexts.map((text) => this.#sources.withoutSourceList(text)).join("");
  }

  #finish(notice) {
    this.ended = true;
    this.#statusLine.hide();
    this.#markdown.finish(this.#visibleText());
    for (const call of this.#toolCalls.values()) call.abandon();
    this.#stopError.replaceChildren();
    this.#notice.replaceChildren(...(notice ? [notice] : []));
    this.#usage.show();
  }
}

function nextId() {
  answerCount += 1;
  return `answer-${answerCount}`;
}

function activity({ kind, name }) {
  if (kind !== "retrieval") return ACTIVITIES[kind] ?? "Working";
  return name === "schema" ? "Reading the tables" : "Searching the documents";
}
