/** One question and its answer: a fold over the events of its runs, live or told again. */

import { Account } from "./account.js";
import { announce, h } from "./dom.js";
import * as endings from "./endings.js";
import { Route } from "./route.js";
import { Sources } from "./sources.js";
import { Status } from "./status.js";
import { ToolCall } from "./tools.js";
import { Writing } from "./writing.js";

const LONG_QUESTION = 600;
const DOING = {
  classify: "Choosing the agent",
  model: "Thinking",
  tool: "Writing a request",
  agent: "Asking another agent",
};
let made = 0;

export class Answer {
  runId = "";
  threadId = "";
  ended = false;
  /** Somebody wants the run to stop. */
  stopping = false;
  #id = `answer-${(made += 1)}`;
  #channels = new Map();
  /** Of each run that wrote it, in turn. */
  #texts = [];
  #retrying = false;
  #cutBefore = false;
  #tools = new Map();
  #sources = new Sources(this.#id);
  #account = new Account();
  #route = new Route();
  #calls = h("div");
  #thoughts = h("p");
  #thinking = h(
    "details",
    { class: "thoughts", hidden: true },
    h("summary", {}, "Thoughts"),
    this.#thoughts,
  );
  #body = h("div", { class: "text" });
  #status = new Status();
  #unstopped = h("div");
  #ending = h("div");
  #writing = new Writing(this.#body, (index) => this.#sources.mark(index));

  /** `does.again(question)` asks once more; `does.goOn(answer)` carries on what broke off. */
  constructor(question, does) {
    Object.assign(this, { question, does });
    const long = question.length > LONG_QUESTION;
    this.element = h(
      "article",
      { class: "exchange", "aria-labelledby": this.#id },
      h("h2", { class: "question", id: this.#id, tabindex: long && 0 }, question),
      [this.#route.element, this.#calls, this.#thinking, this.#body, this.#sources.element],
      [this.#status.element, this.#unstopped, this.#ending, this.#account.element],
    );
  }

  /** All that was said, as Markdown. */
  get text() {
    return this.#texts.join("");
  }

  /** One event of the run; kinds that are not known yet are passed over. */
  apply(event) {
    if (Object.hasOwn(this.#on, event.type)) this.#on[event.type](event);
  }

  /** To readers of the screen, who would not want it word by word. */
  readAloud() {
    announce(`Answer: ${this.#body.textContent}`);
  }

  /** What broke off is carried on, or what goes on elsewhere is read here too. */
  goesOn(doing) {
    if (this.ended) this.#account.carryOn();
    this.ended = this.stopping = this.#cutBefore = false;
    this.#body.classList.remove("partial");
    this.#ending.replaceChildren();
    this.#status.begin(doing);
  }

  connected() {
    if (this.#cutBefore) announce("");
    this.#ending.replaceChildren();
    this.#status.connection("");
  }

  reconnecting() {
    this.#ending.replaceChildren();
    this.#status.connection("Reconnecting…");
    if (!this.#cutBefore) announce("The connection was lost. Reconnecting.");
    this.#cutBefore = true;
  }

  /** Nothing can be read until `retry` is called. `error` says why. */
  unreached(retry, error) {
    this.#status.connection("Not connected");
    this.#ending.replaceChildren(endings.unreached(this, retry, error));
  }

  stop() {
    this.stopping = true;
    this.#unstopped.replaceChildren();
    this.#status.stopping("Stopping…");
  }

  notStopped(error, retry) {
    this.stopping = false;
    this.#status.stopping("");
    this.#unstopped.replaceChildren(endings.notStopped(error, retry));
  }

  /** The question was stopped before there was a run. */
  stopped() {
    this.#end(endings.stopped(this));
  }

  /** There is no run. `error` is one of `api.js`. */
  refused(error) {
    this.#end(endings.refused(this, error));
  }

  notContinued(error) {
    this.#body.classList.add("partial");
    this.#end(endings.notContinued(this, error));
  }

  #on = {
    "run.started": ({ run_id: runId, thread_id: threadId }) => {
      if (this.ended) this.goesOn("");
      Object.assign(this, { runId, threadId });
      this.#texts.push("");
      this.#doing(this.#texts.length > 1 ? "Reading what was written" : "Reading the question");
    },
    "route.decided": (route) => this.#route.decided(route),
    "step.started": (step) => {
      this.#account.started(step);
      this.#doing(this.#retrying && step.kind === "model" ? "Trying again" : doing(step));
    },
    "step.updated": (step) => this.#account.noted(step),
    "step.completed": (step) => {
      this.#account.completed(step);
      this.#retrying = step.status === "retried";
      if (this.#retrying) this.#doing("Trying again");
    },
    "text.started": ({ text_id: id, channel }) => {
      this.#channels.set(id, channel);
      this.#doing(channel === "final" ? "Writing" : "Thinking");
    },
    "text.delta": ({ text_id: id, delta }) => this.#write(this.#channels.get(id), delta),
    "tool.started": ({ call_id: id, name }) => {
      const call = new ToolCall(name);
      this.#tools.set(id, call);
      this.#calls.append(call.element);
    },
    "tool.input.delta": ({ call_id: id, delta }) => this.#tools.get(id)?.input(delta),
    "tool.input": ({ call_id: id, arguments: given }) => {
      this.#tools.get(id)?.arguments(given);
      this.#doing("Running the request");
    },
    "tool.output": ({ call_id: id, output, elapsed_ms: elapsed }) =>
      this.#tools.get(id)?.output(output, elapsed),
    "tool.failed": ({ call_id: id, message }) => this.#tools.get(id)?.failed(message),
    "source.cited": (source) => {
      this.#sources.add(source);
      this.#writing.again(this.#shown());
    },
    data: ({ name, id, data }) => {
      if (name === "table") this.#tools.get(id)?.table(data);
    },
    usage: ({ cost_usd: dollars, ...usage }) => this.#account.total(usage, dollars),
    "run.completed": (end) => {
      this.#account.total(end.usage, end.cost_usd, end);
      this.#end(end.stop_reason === "max_tokens" ? endings.shortened(this) : null);
    },
    "run.failed": (end) => {
      this.#body.classList.toggle("partial", end.partial && end.code !== "not_saved");
      this.#end(endings.failed(this, end));
    },
    "run.cancelled": (end) => {
      this.#body.classList.toggle("partial", end.partial);
      this.#end(endings.cancelled(this, end));
    },
  };

  #write(channel, delta) {
    if (channel === "final") {
      this.#texts.push(this.#texts.pop() + delta);
      this.#writing.write(this.#shown());
    } else if (channel !== "classify") {
      this.#thinking.hidden = false;
      this.#thoughts.append(delta);
    }
  }

  #doing(text) {
    this.#status.doing(text);
  }

  /** The text; lists of sources are left out where those are shown below. */
  #shown() {
    return this.#texts.map((text) => this.#sources.without(text)).join("");
  }

  #end(notice) {
    this.ended = true;
    this.#status.hide();
    this.#writing.finish(this.#shown());
    for (const call of this.#tools.values()) call.abandoned();
    this.#unstopped.replaceChildren();
    this.#ending.replaceChildren(...(notice ? [notice] : []));
    this.#account.show();
  }
}

function doing({ kind, name }) {
  if (kind !== "retrieval") return DOING[kind] ?? "Working";
  return name === "schema" ? "Reading the tables" : "Looking through the documents";
}
