/** The agents that a question may be meant for, as buttons that ask them. */

import { h } from "./dom.js";

/** `offered` as in the event `data` of that name; `ask(question, agentId)` is called on a click. */
export function agentChoice({ question, agents }, ask) {
  const button = ({ id, name, description }) =>
    h(
      "button",
      { type: "button", title: description, on: { click: () => ask(question, id) } },
      name,
    );
  return h(
    "div",
    { class: "agent-choice", role: "group", "aria-label": "Who should answer" },
    agents.map(button),
  );
}
