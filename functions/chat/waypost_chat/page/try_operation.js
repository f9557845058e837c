/** A form that sends an operation of the API and shows what comes back, as it arrives. */

import { h } from "./dom.js";
import { formatDuration } from "./format.js";

const LONGEST = 200_000;
const PATH_FIELD = /\{(\w+)(?::\w+)?\}/g;

export function tryOperation(operation, schemas) {
  const { id, method, path, parameters = [], requestBody } = operation;
  const inputs = parameters
    .filter(({ in: place }) => place !== "cookie")
    .map((parameter) => parameterInput(id, parameter));
  const schema = requestBody && Object.values(requestBody.content)[0].schema;
  const body = schema && bodyInput(id, schemas.example(schema));
  const status = h("p", { class: "try-status", role: "status" });
  const output = h("code");
  const shown = h("pre", { tabindex: 0, "aria-label": "Response", hidden: true }, output);
  const send = h("button", { type: "submit", class: "primary" }, "Send");
  const stop = h("button", { type: "button", hidden: true }, "Stop");
  let running = null;

  async function submit(event) {
    event.preventDefault();
    running?.abort();
    running = new AbortController();
    stop.hidden = false;
    shown.hidden = false;
    output.textContent = "";
    status.textContent = "Waiting for the first byte …";
    try {
      await show(request(), running.signal);
    } catch (error) {
      status.textContent = running.signal.aborted ? "Stopped." : `No response: ${error.message}`;
    } finally {
      stop.hidden = true;
    }
  }

  function request() {
    const url = new URL(
      path.replaceAll(PATH_FIELD, (_, name) => encodeURIComponent(value(name))),
      location.origin,
    );
    const headers = body ? { "Content-Type": "application/json" } : {};
    for (const { name, place, input } of inputs) {
      if (place === "query" && input.value) url.searchParams.append(name, input.value);
      if (place === "header" && input.value) headers[name] = input.value;
    }
    return { url, options: { method: method.toUpperCase(), headers, body: body?.value } };
  }

  const value = (name) => inputs.find((one) => one.name === name)?.input.value ?? "";

  async function show({ url, options }, signal) {
    const began = performance.now();
    const response = await fetch(url, { ...options, signal });
    const first = formatDuration(performance.now() - began);
    status.textContent = `${response.status} after ${first}, arriving …`;
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader?.read(); part && !part.done; part = await reader.read()) {
      if (output.textContent.length < LONGEST) output.append(part.value);
      shown.scrollTop = shown.scrollHeight;
    }
    output.textContent = readable(response, output.textContent);
    const whole = formatDuration(performance.now() - began);
    status.textContent = `${response.status} · first byte ${first} · whole ${whole}`;
  }

  stop.addEventListener("click", () => running?.abort());
  return h(
    "form",
    { class: "try", on: { submit }, "aria-label": `Try ${method.toUpperCase()} ${path}` },
    inputs.map(({ element }) => element),
    body && h("label", { for: body.id }, "Body"),
    body,
    h("div", { class: "try-buttons" }, send, stop),
    status,
    shown,
  );
}

function parameterInput(id, { name, in: place, required, schema = {} }) {
  const fieldId = `${id}-${place}-${name}`;
  const props = { id: fieldId, name, required, autocomplete: "off", placeholder: schema.default };
  const input = h("input", props);
  const label = h("label", { for: fieldId }, h("code", {}, name), ` in the ${place}`);
  return { name, place, input, element: h("div", { class: "try-field" }, label, input) };
}

function bodyInput(id, example) {
  const text = JSON.stringify(example, null, 2);
  const input = h("textarea", {
    id: `${id}-body`,
    rows: Math.min(16, text.split("\n").length + 1),
    spellcheck: "false",
  });
  input.value = text;
  return input;
}

/** JSON on lines of its own; frames of a stream as they came. */
function readable(response, text) {
  if (!response.headers.get("content-type")?.startsWith("application/json")) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
