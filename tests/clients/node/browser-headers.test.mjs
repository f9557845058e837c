// The preflight allows the clients' requests from a page of an allowed origin.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpAgent } from "@ag-ui/client";
import { DefaultChatTransport } from "ai";
import OpenAI from "openai";
import { QUESTION, url } from "./stack.mjs";

/** A `fetch` that sends the preflight of a request, as a browser does. */
function preflighted(into) {
  return async (input, init) => {
    const headers = [...new Headers(init.headers).keys()].filter((name) => name !== "accept");
    const answer = await fetch(input, {
      method: "OPTIONS",
      headers: {
        origin: url,
        "access-control-request-method": init.method.toUpperCase(),
        "access-control-request-headers": headers.join(","),
      },
    });
    const allowed = answer.headers.get("access-control-allow-headers").split(",");
    into.push(...headers.filter((name) => !allowed.includes(name)));
    into.asked = headers;
    return fetch(input, init);
  };
}

test("OpenAI's", async () => {
  const refused = [];
  const client = new OpenAI({
    baseURL: `${url}/openai/v1`,
    apiKey: "unused",
    dangerouslyAllowBrowser: true,
    organization: "o",
    project: "p",
    fetch: preflighted(refused),
  });
  const stream = client.chat.completions.stream(
    { model: "sql", messages: [{ role: "user", content: QUESTION }] },
    { headers: { "Idempotency-Key": "browser-1" }, timeout: 10_000 },
  );
  await stream.finalContent();
  assert.ok(refused.asked.includes("x-stainless-lang"));
  assert.equal(refused.length, 0, refused.join());
});

test("AI SDK's", async () => {
  const refused = [];
  const transport = new DefaultChatTransport({
    api: `${url}/api/ai-sdk/chat`,
    fetch: preflighted(refused),
  });
  const question = { id: "1", role: "user", parts: [{ type: "text", text: QUESTION }] };
  const stream = await transport.sendMessages({ chatId: "browser", messages: [question] });
  for await (const _ of stream);
  assert.equal(refused.length, 0, refused.join());
});

test("AG-UI's", async () => {
  const refused = [];
  const agent = new HttpAgent({ url: `${url}/api/ag-ui`, fetch: preflighted(refused) });
  agent.addMessage({ id: "1", role: "user", content: QUESTION });
  await agent.runAgent();
  assert.equal(refused.length, 0, refused.join());
});
