/** Notices for an agent that somebody else changed or deleted while it was edited. */

import { definitionOf, FIELD_LABELS } from "./agent_definition.js";
import { h } from "./dom.js";
import { formatAge } from "./format.js";
import { notice } from "./notices.js";
import { versionDiff } from "./version_diff.js";

const NOT_LOST = "Your changes are still in the form.";

/**
 * `base` was edited, `theirs` is the current version, `mine` the form's content.
 * `actions.load()` shows theirs, `actions.overwrite()` saves mine over it.
 */
export function conflictNotice(base, theirs, mine, actions) {
  const who = theirs.created_by ?? "Somebody";
  const when = formatAge(theirs.created_at);
  const title = `${who} saved version ${theirs.version} while you were editing (${when}).`;
  const both = Object.entries(FIELD_LABELS)
    .filter(([field]) => differs(base, theirs, field) && differs(base, mine, field))
    .map(([, label]) => label.toLowerCase())
    .join(", ");
  const element = notice("error", title, {
    text: both ? `You have both changed: ${both}. ${NOT_LOST}` : NOT_LOST,
    actions: [
      ["Load their version", actions.load],
      ["Overwrite with mine", actions.overwrite],
    ],
  });
  element.classList.add("conflict");
  const heading = h("h2", {}, `Changes from version ${base.version} to ${theirs.version}`);
  element.querySelector(".actions").before(heading, versionDiff(base, theirs));
  return element;
}

/** `restore()` brings the agent back with the form's content. */
export function deletedNotice({ version, created_by: who }, restore) {
  const title = `${who ?? "Somebody"} deleted this agent in version ${version}.`;
  return notice("error", title, {
    text: NOT_LOST,
    actions: [["Restore with my changes", restore]],
  });
}

function differs(one, other, field) {
  return JSON.stringify(definitionOf(one)[field]) !== JSON.stringify(definitionOf(other)[field]);
}
