/** The API reference: /openapi.json rendered as a page. */

import { h } from "./dom.js";
import { ApiSchemas } from "./json_schema.js";
import { renderInline } from "./markdown_inline.js";
import { tryOperation } from "./try_operation.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
/** Fields whose constant names an event. */
const EVENT_NAME_FIELDS = ["type", "event", "object"];
const contents = document.getElementById("contents");
const main = document.getElementById("reference");

try {
  const response = await fetch("/openapi.json");
  if (!response.ok) throw new Error(`status ${response.status}`);
  render(await response.json());
} catch (error) {
  const text = `The description could not be loaded (${error.message}). Reload the page to try again.`;
  main.replaceChildren(h("p", { class: "notice error", role: "alert" }, text));
}

function render(description) {
  const { title, version, description: summary } = description.info;
  document.title = `${title} API`;
  const schemas = new ApiSchemas(description);
  const groups = groupByTag(operations(description));
  main.replaceChildren(
    h("h1", {}, `${title} API `, h("small", {}, version)),
    h("p", { class: "lead" }, summary ?? ""),
  );
  for (const [tag, taggedOperations] of groups) {
    contents.append(
      h("h2", {}, tag),
      h(
        "ul",
        {},
        taggedOperations.map((operation) =>
          h("li", {}, h("a", { href: `#${operation.id}` }, ...operationTitle(operation))),
        ),
      ),
    );
    main.append(
      h(
        "section",
        { "aria-label": tag },
        h("h2", {}, tag),
        taggedOperations.map((operation) => operationArticle(operation, schemas)),
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

function groupByTag(taggedOperations) {
  const groups = new Map();
  for (const operation of taggedOperations) {
    const tag = operation.tags?.[0] ?? "other";
    groups.set(tag, [...(groups.get(tag) ?? []), operation]);
  }
  return groups;
}

function operationTitle({ method, path }) {
  return [h("span", { class: `method ${method}` }, method.toUpperCase()), h("code", {}, path)];
}

function operationArticle(operation, schemas) {
  const { id, description, parameters = [], requestBody, responses } = operation;
  return h(
    "article",
    { id, "aria-labelledby": `${id}-title` },
    h("h3", { id: `${id}-title` }, ...operationTitle(operation)),
    (description ?? operation.summary ?? "")
      .split("\n\n")
      .map((text) => h("p", {}, ...renderInline(text.replaceAll("``", "`")))),
    parameters.length > 0 && [h("h4", {}, "Parameters"), parameterList(parameters, schemas)],
    requestBody && requestBodySection(requestBody, schemas),
    h("h4", {}, "Example"),
    curlExample(operation, schemas),
    lazyDetails("try-out", h("summary", {}, "Try it out"), () => tryOperation(operation, schemas)),
    h("h4", {}, "Responses"),
    Object.entries(responses).map(([status, response]) =>
      responseDetails(status, response, schemas),
    ),
  );
}

function parameterList(parameters, schemas) {
  const row = ({ name, in: location, required, schema, description }) =>
    h(
      "li",
      {},
      h("code", { class: "name" }, name),
      h("code", { class: "type" }, schemas.type(schema)),
      h("span", { class: "field-note" }, `in the ${location}`),
      required && h("span", { class: "required" }, "required"),
      schema?.default !== undefined &&
        h("span", { class: "field-note" }, `default ${schema.default}`),
      description && h("span", { class: "description" }, description),
    );
  return h("ul", { class: "fields" }, parameters.map(row));
}

function requestBodySection({ content }, schemas) {
  const [type, { schema }] = Object.entries(content)[0];
  const { description } = schemas.resolve(schema);
  return [
    h("h4", {}, "Body ", h("code", { class: "type" }, type)),
    description && h("p", {}, ...renderInline(description)),
    schemas.fieldList(schema),
  ];
}

function curlExample(operation, schemas) {
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

function responseDetails(status, { description, content = {} }, schemas) {
  const success = status.startsWith("2");
  const badge = h("span", { class: `status ${success ? "success" : "failure"}` }, status);
  const summary = h("summary", {}, badge, description);
  const contents = () => Object.entries(content).map((entry) => responseContent(entry, schemas));
  if (success) return h("details", { class: "response", open: true }, summary, contents());
  return lazyDetails("response", summary, contents);
}

function responseContent([type, { schema }], schemas) {
  const streams = type === "text/event-stream";
  const shown = streams ? schemas.eventSchema(schema) : schema;
  const code = (text) => h("code", { class: "type" }, text);
  return [
    h("p", {}, code(type), " ", code(schemas.type(shown))),
    streams ? eventList(shown, schemas) : schemas.fieldList(shown),
  ];
}

/** The events of a stream; where it has one of several dialects, by dialect. */
function eventList(schema, schemas) {
  const details = (event) =>
    schemas.alternatives(event)
      ? eventDetails(event.title, event, () => eventList(event, schemas))
      : eventDetails(eventName(event), event, () => [
          schemas.fieldList(event),
          eventExample(event),
        ]);
  return h("div", { class: "events" }, (schemas.alternatives(schema) ?? []).map(details));
}

function eventDetails(name, { description }, makeContent) {
  const firstLine = description?.split("\n")[0];
  const text = firstLine && h("span", { class: "description" }, ...renderInline(firstLine));
  const summary = h("summary", {}, h("code", { class: "name" }, name), text);
  return lazyDetails("event", summary, makeContent);
}

/** The content is made when it is first opened: there is a lot of it. */
function lazyDetails(className, summary, makeContent) {
  const fill = () => details.append(...[makeContent()].flat(Infinity).filter(Boolean));
  const details = h("details", { class: className }, summary);
  details.addEventListener("toggle", fill, { once: true });
  return details;
}

function eventExample({ examples }) {
  if (!examples) return null;
  const text = JSON.stringify(examples[0], null, 2);
  return h("pre", { tabindex: 0, "aria-label": "An example" }, h("code", {}, text));
}

/** The constant that tells an event from others of its stream, else its title. */
function eventName({ properties = {}, title }) {
  return EVENT_NAME_FIELDS.map((name) => properties[name]?.const).find(Boolean) ?? title;
}
