/** The API's own description, made readable: /openapi.json as a page. */

import { h } from "./dom.js";
import { inline } from "./inline.js";
import { Schemas } from "./schema.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const NAMING = ["type", "event", "object"];
const contents = document.getElementById("contents");
const main = document.getElementById("reference");

try {
  const response = await fetch("/openapi.json");
  if (!response.ok) throw new Error(`status ${response.status}`);
  show(await response.json());
} catch (error) {
  const text = `The description could not be loaded (${error.message}). Reload the page to try again.`;
  main.replaceChildren(h("p", { class: "notice problem", role: "alert" }, text));
}

function show(description) {
  const { title, version, description: about } = description.info;
  document.title = `${title} API`;
  const schemas = new Schemas(description);
  const groups = grouped(operations(description));
  main.replaceChildren(
    h("h1", {}, `${title} API `, h("small", {}, version)),
    h("p", { class: "lead" }, about ?? ""),
  );
  for (const [tag, members] of groups) {
    contents.append(
      h("h2", {}, tag),
      h(
        "ul",
        {},
        members.map((member) => h("li", {}, h("a", { href: `#${member.id}` }, ...label(member)))),
      ),
    );
    main.append(
      h(
        "section",
        { "aria-label": tag },
        h("h2", {}, tag),
        members.map((member) => section(member, schemas)),
      ),
    );
  }
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

function operations({ paths }) {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => {
      const operation = item[method];
      const id = `${method}${path.replace(/[^\w]+/g, "-")}`;
      return { path, method, id, ...operation };
    }),
  );
}

function grouped(members) {
  const groups = new Map();
  for (const member of members) {
    const tag = member.tags?.[0] ?? "other";
    groups.set(tag, [...(groups.get(tag) ?? []), member]);
  }
  return groups;
}

function label({ method, path }) {
  return [h("span", { class: `method ${method}` }, method.toUpperCase()), h("code", {}, path)];
}

function section(operation, schemas) {
  const { id, description, parameters = [], requestBody, responses } = operation;
  return h(
    "article",
    { id, "aria-labelledby": `${id}-title` },
    h("h3", { id: `${id}-title` }, ...label(operation)),
    (description ?? operation.summary ?? "")
      .split("\n\n")
      .map((text) => h("p", {}, ...inline(text.replaceAll("``", "`")))),
    parameters.length > 0 && [h("h4", {}, "Parameters"), parameterList(parameters, schemas)],
    requestBody && body(requestBody, schemas),
    h("h4", {}, "Example"),
    curl(operation, schemas),
    h("h4", {}, "Responses"),
    Object.entries(responses).map(([status, response]) => answer(status, response, schemas)),
  );
}

function parameterList(parameters, schemas) {
  const row = ({ name, in: place, required, schema, description }) =>
    h(
      "li",
      {},
      h("code", { class: "name" }, name),
      h("code", { class: "type" }, schemas.type(schema)),
      h("span", { class: "note" }, `in the ${place}`),
      required && h("span", { class: "required" }, "required"),
      schema?.default !== undefined && h("span", { class: "note" }, `default ${schema.default}`),
      description && h("span", { class: "meaning" }, description),
    );
  return h("ul", { class: "fields" }, parameters.map(row));
}

function body({ content }, schemas) {
  const [type, { schema }] = Object.entries(content)[0];
  const { description } = schemas.resolve(schema);
  return [
    h("h4", {}, "Body ", h("code", { class: "type" }, type)),
    description && h("p", {}, ...inline(description)),
    schemas.fields(schema),
  ];
}

function curl(operation, schemas) {
  const { method, path, requestBody, responses } = operation;
  const streams = responses["200"]?.content?.["text/event-stream"];
  const lines = [
    `curl ${streams ? "-N " : ""}${method === "get" ? "" : `-X ${method.toUpperCase()} `}'${location.origin}${path}'`,
  ];
  if (requestBody) {
    const value = schemas.example(Object.values(requestBody.content)[0].schema);
    lines.push(
      "-H 'Content-Type: application/json'",
      `-d '${JSON.stringify(value).replaceAll("'", "'\\''")}'`,
    );
  }
  const text = lines.join(" \\\n  ");
  const copy = h("button", { type: "button", class: "copy" }, "Copy");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
  });
  return h(
    "div",
    { class: "example" },
    h("pre", { tabindex: 0, "aria-label": "curl" }, h("code", {}, text)),
    navigator.clipboard && copy,
  );
}

function answer(status, { description, content = {} }, schemas) {
  const good = status.startsWith("2");
  const mark = h("span", { class: `status ${good ? "good" : "bad"}` }, status);
  const summary = h("summary", {}, mark, description);
  const bodies = () => Object.entries(content).map((one) => answered(one, schemas));
  if (good) return h("details", { class: "response", open: true }, summary, bodies());
  return unfolding("response", summary, bodies);
}

function answered([type, { schema }], schemas) {
  const streams = type === "text/event-stream";
  const held = streams ? schemas.carried(schema) : schema;
  const said = [type, schemas.type(held)].map((text) => h("code", { class: "type" }, text));
  const shown = streams ? events(held, schemas) : schemas.fields(held);
  return [h("p", {}, said[0], " ", said[1]), shown];
}

/** Each event that a stream may hold; where it speaks one of several dialects, by dialect. */
function events(schema, schemas) {
  const one = (event) =>
    schemas.choices(event)
      ? folded(event.title, event, () => events(event, schemas))
      : folded(kind(event), event, () => [schemas.fields(event), sample(event)]);
  return h("div", { class: "events" }, (schemas.choices(schema) ?? []).map(one));
}

function folded(name, { description }, inside) {
  const about = description?.split("\n")[0];
  const meaning = about && h("span", { class: "meaning" }, ...inline(about));
  const summary = h("summary", {}, h("code", { class: "name" }, name), meaning);
  return unfolding("event", summary, inside);
}

/** What is inside is made when it is first looked at: there is a lot of it. */
function unfolding(kind, summary, inside) {
  const fill = () => details.append(...[inside()].flat(Infinity).filter(Boolean));
  const details = h("details", { class: kind }, summary);
  details.addEventListener("toggle", fill, { once: true });
  return details;
}

function sample({ examples }) {
  if (!examples) return null;
  const text = JSON.stringify(examples[0], null, 2);
  return h("pre", { tabindex: 0, "aria-label": "An example" }, h("code", {}, text));
}

/** What tells an event from others of its stream: the constant that it carries, else its title. */
function kind({ properties = {}, title }) {
  return NAMING.map((name) => properties[name]?.const).find(Boolean) ?? title;
}
