/** The decision which agent answers, as a sign by the way. */

import { h } from "./dom.js";
import { agentName } from "./names.js";

const METHODS = {
  model: "chosen by the model",
  lexical: "recognised by its words",
  sticky: "stayed with the last one",
  default: "by default",
  pinned: "as asked for",
};

/** The sign of an answer. Where a run carries it on with the same agent, the first decision stands. */
export class Route {
  element = h("div");
  #agent = null;

  /** `route` as in the event route.decided, or as a run keeps it. */
  decided(route) {
    if (route.agent !== this.#agent) this.element.append(sign(route));
    this.#agent = route.agent;
  }
}

function sign(route) {
  const facts = [
    route.method !== "pinned" && certainty(route.confidence),
    route.runner_up && h("span", {}, "runner-up ", h("b", {}, agentName(route.runner_up))),
    h("span", {}, METHODS[route.method] ?? route.method),
    h("span", {}, version(route)),
  ];
  return h(
    "section",
    { class: "route", "aria-label": "Route" },
    h("span", { class: "sign" }, agentName(route.agent)),
    h("span", { class: "reason" }, route.reason),
    h("p", { class: "facts" }, facts),
  );
}

function version({ agent, agent_version: number }) {
  const href = `#agents/${encodeURIComponent(agent)}/versions/${number}`;
  return h("a", { href }, `version ${number}`);
}

function certainty(confidence) {
  const percent = Math.round(confidence * 100);
  const bar = h("span", { class: "bar", "aria-hidden": "true" });
  bar.style.setProperty("--sure", `${percent}%`);
  return h("span", { class: "certainty" }, bar, `${percent}% sure`);
}
