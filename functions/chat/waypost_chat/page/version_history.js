/** The versions of an agent: who saved each and when, what it changed, and a way back to it. */

import { listVersions } from "./agents_api.js";
import { h } from "./dom.js";
import { formatAge } from "./format.js";
import { errorNotice } from "./notices.js";
import { agentUrl } from "./urls.js";
import { versionDiff } from "./version_diff.js";

export class VersionHistory {
  #log = h("div", { class: "log" });
  element = h("div", { class: "panel" }, h("div", { class: "scroller", tabindex: -1 }, this.#log));
  #agent;
  #mayWrite;
  #rollBack;

  /** `rollBack(version)` saves a new version with the content of that one. */
  constructor(agent, { mayWrite, rollBack }) {
    this.#agent = agent;
    this.#mayWrite = mayWrite;
    this.#rollBack = rollBack;
  }

  /** Reads and shows the list; `openVersion` is open in it, unless null. */
  async open(agent, openVersion) {
    this.#agent = agent;
    try {
      const { versions } = await listVersions(agent.id);
      this.#render(versions, openVersion);
    } catch (error) {
      const retry = ["Try again", () => this.open(agent, openVersion)];
      const element = errorNotice(error, "The versions could not be listed.", [retry]);
      this.#log.replaceChildren(element);
    }
  }

  #render(versions, openVersion) {
    const items = versions.map((version, n) =>
      this.#listItem(version, versions[n + 1], versions, openVersion),
    );
    const list = h("ol", { class: "timeline versions", "aria-label": "Versions" }, items);
    this.#log.replaceChildren(list);
    this.#log.querySelector(".open")?.scrollIntoView({ block: "nearest" });
  }

  #listItem(version, previous, versions, openVersion) {
    const { version: number } = version;
    const open = number === openVersion;
    const href = agentUrl(version.id, "versions", open ? null : number);
    const isCurrent = number === this.#agent.version;
    return h(
      "li",
      { class: open && "open" },
      h("h2", {}, h("a", { href, "aria-expanded": String(open) }, `Version ${number}`)),
      isCurrent && h("span", { class: "badge" }, this.#agent.deleted ? "deleted" : "current"),
      savedBy(version),
      open && this.#changes(version, previous, versions),
    );
  }

  #changes(version, previous, versions) {
    const current = versions.find(({ version: number }) => number === this.#agent.version);
    if (version === current) return currentChanges(version, previous);
    return h(
      "div",
      { class: "version-change" },
      changeTitle(`Changes from version ${version.version} to the current version`),
      versionDiff(version, current ?? this.#agent),
      this.#mayWrite && !version.deleted && this.#rollBackButton(version),
    );
  }

  #rollBackButton({ version }) {
    const click = () => this.#rollBack(version);
    const label = `Roll back to version ${version}`;
    return h("p", { class: "actions" }, h("button", { type: "button", on: { click } }, label));
  }
}

function currentChanges(version, previous) {
  if (!previous)
    return h("p", { class: "version-change" }, "This is the first version, and the current one.");
  return h(
    "div",
    { class: "version-change" },
    changeTitle(`Changes since version ${previous.version}`),
    versionDiff(previous, version),
  );
}

function changeTitle(text) {
  return h("p", { class: "change-title" }, text);
}

function savedBy({ source, created_by: who, created_at: createdAt, deleted }) {
  const action = deleted ? "Deleted" : source === "file" ? "From a file" : "Saved";
  const by = who && source !== "file" ? ` by ${who}` : "";
  const exact = new Date(createdAt).toLocaleString("en", { dateStyle: "long", timeStyle: "short" });
  const time = h("time", { datetime: createdAt, title: exact }, formatAge(createdAt));
  return h("p", { class: "saved-by" }, `${action}${by}, `, time);
}
