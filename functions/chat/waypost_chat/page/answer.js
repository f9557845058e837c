/** One question and its answer: a fold over a run's events, live or told again. */

import { Account } from "./account.js";
import { announce, h } from "./dom.js";
import * as endings from "./endings.js";
import { routeSign } from "./route.js";
import { Sources } from "./sources.js";
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
  #id = `answer-${(made += 1)}`;
  #channels = new Map();
  #text = "";
  #tools = new Map();
  #sources = new Sources(this.#id);
  #account = new Account();
  #route = h("div");
  #calls = h("div");
  #thoughts = h("p");
  #thinking = h(
    "details",
    { class: "thoughts", hidden: true },
    h("summary", {}, "Thoughts"),
    this.#thoughts,
  );
  #body = h("div", { class: "text" });
  #status = h("p", { class: "status" }, "Asking");
  #ending = h("div");
  #writing = new Writing(this.#body, (index) => this.#sources.mark(index));

  /** `does.again(question)` asks once more; `does.reload()` reads the thread again. */
  constructor(question, does) {
    Object.assign(this, { question, does });
    const long = question.length > LONG_QUESTION;
    this.element = h(
      "article",
      { class: "exchange", "aria-labelledby": this.#id },
      h("h2", { class: "question", id: this.#id, tabindex: long && 0 }, question),
      [this.#route, this.#calls, this.#thinking, this.#body, this.#sources.element],
      [this.#status, this.#ending, this.#account.element],
    );
  }

  /** One event of the run; kinds that are not known yet are passed over. */
  apply(event) {
    if (Object.hasOwn(this.#on, event.type)) this.#on[event.type](event);
  }

  /** The run is still on its way, and nobody reads it. */
  pending() {
    this.#doing("Still being answered");
    this.#writing.finish(this.#shown());
  }

  stopped() {
    this.#end(endings.stopped(this));
  }

  cut() {
    this.#end(endings.cut(this));
  }

  /** There is no run. `error` is one of `api.js`. */
  refused(error) {
    this.#end(endings.refused(this, error));
  }

  #on = {
    "run.started": ({ run_id: runId, thread_id: threadId }) => {
      Object.assign(this, { runId, threadId });
      this.#doing("Reading the question");
    },
    "route.decided": (route) => this.#route.replaceChildren(routeSign(route)),
    "step.started": (step) => {
      this.#account.started(step);
      this.#doing(doing(step));
    },
    "step.completed": (step) => this.#account.completed(step),
    "text.started": ({ text_id: id, channel }) => {
      this.#channels.set(id, channel);
      this.#doing(channel === "final" ? "Writing" : "Thinking");
      if (channel === "final" && this.#text) this.#text += "\n\n";
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
      this.#end(end.stop_reason === "max_tokens" ? endings.shortened() : null);
      announce(`Answer: ${this.#body.textContent}`);
    },
    "run.failed": (end) => {
      this.#body.classList.toggle("partial", end.partial);
      this.#end(endings.failed(this, end));
    },
    "run.cancelled": (end) => {
      this.#body.classList.toggle("partial", end.partial);
      this.#end(endings.cancelled());
    },
  };

  #write(channel, delta) {
    if (channel === "final") {
      this.#text += delta;
      this.#writing.write(this.#shown());
    } else if (channel !== "classify") {
      this.#thinking.hidden = false;
      this.#thoughts.append(delta);
    }
  }

  #doing(text) {
    this.#status.textContent = text;
    this.#status.hidden = false;
  }

  /** The text; its list of sources is left out where they are shown below. */
  #shown() {
    return this.#sources.without(this.#text);
  }

  #end(notice) {
    this.ended = true;
    this.#status.hidden = true;
    this.#writing.finish(this.#shown());
    for (const call of this.#tools.values()) call.abandoned();
    this.#ending.replaceChildren(...(notice ? [notice] : []));
    this.#account.show();
  }
}

function doing({ kind, name }) {
  if (kind !== "retrieval") return DOING[kind] ?? "Working";
  return name === "schema" ? "Reading the tables" : "Looking through the documents";
}
