/** The decision which agent answers: a badge with its name, and the reason. */

import { agentNameElement } from "./agent_names.js";
import { h } from "./dom.js";
import { agentUrl } from "./urls.js";

const METHOD_LABELS = {
  model: "chosen by the model",
  lexical: "chosen by its words",
  sticky: "same agent as before",
  default: "default agent",
  pinned: "chosen by you",
};

export class RoutingBadge {
  element = h("div");
  #agentId = null;

  /** `route` as in the event route.decided. A run that continues with the same agent adds none. */
  addDecision(route) {
    if (route.agent !== this.#agentId) this.element.append(badge(route));
    this.#agentId = route.agent;
  }
}

function badge(route) {
  const { agent, agent_version: version, method, reason, runner_up: runnerUp } = route;
  const metadata = [
    method !== "pinned" && confidenceBar(route.confidence),
    runnerUp && h("span", {}, "runner-up ", h("b", {}, agentNameElement(runnerUp))),
    h("span", {}, METHOD_LABELS[method] ?? method),
    h("span", {}, h("a", { href: agentUrl(agent, "versions", version) }, `version ${version}`)),
  ];
  return h(
    "section",
    { class: "routing", "aria-label": "Route" },
    h("span", { class: "agent-badge" }, agentNameElement(agent)),
    h("span", { class: "routing-reason" }, reason),
    h("p", { class: "metadata" }, metadata),
  );
}

function confidenceBar(confidence) {
  const percent = Math.round(confidence * 100);
  const bar = h("span", { class: "confidence-bar", "aria-hidden": "true" });
  bar.style.setProperty("--confidence", `${percent}%`);
  return h("span", { class: "confidence" }, bar, `${percent}% confidence`);
}
