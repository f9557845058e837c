// AI SDK with its provider for OpenAI's Responses, as a program on a server uses it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, streamText } from "ai";
import { ANSWER, QUESTION, url } from "./stack.mjs";

const sent = [];
const openai = createOpenAI({
  baseURL: `${url}/openai/v1`,
  apiKey: "unused",
  fetch: (address, options) => {
    sent.push(JSON.parse(options.body));
    return fetch(address, options);
  },
});
const model = openai.responses("waypost");

test("a second turn refers to the first one's items", async () => {
  const messages = [{ role: "user", content: QUESTION }];
  const first = await generateText({ model, messages });
  assert.equal(first.text, ANSWER);
  messages.push(...first.response.messages, { role: "user", content: "and in the Coast region?" });
  const second = streamText({ model, messages });
  let text = "";
  for await (const part of second.textStream) text += part;
  assert.match(text, /There are \d+ active technicians in the Coast region\./);
  assert.ok(sent.at(-1).input.some(({ type }) => type === "item_reference"));
});

test("chat completions, over two turns", async () => {
  const chat = openai.chat("waypost");
  const messages = [{ role: "user", content: QUESTION }];
  const first = await generateText({ model: chat, messages });
  messages.push(...first.response.messages, { role: "user", content: "and in the Coast region?" });
  const second = await generateText({ model: chat, messages });
  assert.match(second.text, /in the Coast region/);
});
