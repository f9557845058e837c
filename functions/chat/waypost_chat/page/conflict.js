/** Two people changed one agent: what the other one did, and the ways on. */

import { comparison } from "./comparing.js";
import { contentOf, PARTS } from "./content.js";
import { h } from "./dom.js";
import { ago } from "./figures.js";
import { notice } from "./notices.js";

/**
 * `base` was edited; `theirs` is current now; `mine` is what was typed. `does.load()` shows
 * theirs, `does.over()` saves mine over it.
 */
export function conflict(base, theirs, mine, does) {
  const who = theirs.created_by ?? "its file";
  const title = `Version ${theirs.version} came in between, from ${who}, ${ago(theirs.created_at)}.`;
  const both = PARTS.filter(([part]) => changed(base, theirs, part) && changed(base, mine, part));
  const clash = both.map(([, label]) => label.toLowerCase()).join(", ");
  const said = notice("problem", title, {
    text: clash
      ? `You have both changed: ${clash}. What you typed is still here.`
      : "What you typed is still here.",
    actions: [
      ["Load theirs", does.load],
      ["Save mine over it", does.over],
    ],
  });
  said.classList.add("conflict");
  const heading = h("h2", {}, `What changed from version ${base.version} to ${theirs.version}`);
  said.querySelector(".actions").before(heading, comparison(base, theirs));
  return said;
}

/** The agent was deleted while it was edited; `revive()` brings it back with what was typed. */
export function removal({ version, created_by: who }, revive) {
  const title = `${who ?? "Somebody"} has deleted this agent, with version ${version}.`;
  const actions = [["Bring it back with what I typed", revive]];
  return notice("problem", title, { text: "What you typed is still here.", actions });
}

function changed(one, other, part) {
  return JSON.stringify(contentOf(one)[part]) !== JSON.stringify(contentOf(other)[part]);
}
