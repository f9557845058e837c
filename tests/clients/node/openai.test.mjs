// OpenAI's own client for JavaScript, with nothing changed but its base URL.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import OpenAI from "openai";
import { ANSWER, clearFaults, DOCUMENTS_QUESTION, fail, QUESTION, url } from "./stack.mjs";

const client = new OpenAI({ baseURL: `${url}/openai/v1`, apiKey: "unused", maxRetries: 0 });
const messages = [{ role: "user", content: QUESTION }];
afterEach(clearFaults);

test("models are listed", async () => {
  const names = [];
  for await (const model of client.models.list()) names.push(model.id);
  assert.equal(names[0], "waypost");
  assert.ok(names.includes("sql"));
});

test("a completion, without streaming and in chunks", async () => {
  const whole = await client.chat.completions.create({ model: "waypost", messages });
  assert.equal(whole.choices[0].message.content, ANSWER);
  const options = { model: "sql", messages, stream: true, stream_options: { include_usage: true } };
  let text = "",
    usage;
  for await (const chunk of await client.chat.completions.create(options)) {
    text += chunk.choices[0]?.delta.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, ANSWER);
  assert.ok(usage.total_tokens > 0);
});

test("the stream helper has the same completion", async () => {
  const stream = client.chat.completions.stream({ model: "sql", messages });
  assert.equal(await stream.finalContent(), ANSWER);
});

test("errors are the client's own", async () => {
  await assert.rejects(
    client.chat.completions.create({ model: "gpt-9", messages }),
    (error) => error instanceof OpenAI.NotFoundError && error.code === "model_not_found",
  );
  const empty = [{ role: "user", content: "" }];
  await assert.rejects(
    client.chat.completions.create({ model: "sql", messages: empty }),
    (error) => error instanceof OpenAI.BadRequestError && error.code === "empty_message",
  );
  await fail("cut_after", { after: 2 });
  const stream = await client.chat.completions.create({ model: "rag", messages, stream: true });
  await assert.rejects(
    async () => {
      for await (const _ of stream);
    },
    (error) => error.code === "model_failed",
  );
});

test("a response, without streaming, in events and resumed after one of them", async () => {
  const whole = await client.responses.create({ model: "waypost", input: QUESTION });
  assert.equal(whole.output_text, ANSWER);
  const events = [];
  for await (const event of await client.responses.create({
    model: "sql",
    input: QUESTION,
    stream: true,
  }))
    events.push(event);
  assert.equal(events.at(-1).type, "response.completed");
  const id = events[0].response.id;
  const rest = [];
  for await (const event of await client.responses.retrieve(id, {
    stream: true,
    starting_after: 6,
  }))
    rest.push(event);
  assert.deepEqual(rest, events.slice(7));
});

test("the stream helper of responses ends with the response", async () => {
  const stream = client.responses.stream({ model: "sql", input: QUESTION });
  const final = await stream.finalResponse();
  assert.equal(final.output_text, ANSWER);
  const next = await client.responses.create({
    model: "sql",
    input: "List their names.",
    previous_response_id: final.id,
  });
  assert.equal(next.output_text.trim().split("\n").length, 13);
});

test("a response is cancelled", async () => {
  await fail("stall_after", { after: 2, seconds: 60 });
  const stream = await client.responses.create({
    model: "rag",
    input: DOCUMENTS_QUESTION,
    stream: true,
  });
  let id, last;
  for await (const event of stream) {
    last = event;
    id ??= event.response?.id;
    if (event.type === "response.output_text.delta") await client.responses.cancel(id);
  }
  assert.deepEqual([last.type, last.response.status], ["response.incomplete", "cancelled"]);
  assert.equal((await client.responses.retrieve(id)).status, "cancelled");
});
