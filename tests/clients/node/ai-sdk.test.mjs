// AI SDK's transport and its reader of messages, as `useChat` has them.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { DefaultChatTransport, readUIMessageStream } from "ai";
import {
  ANSWER,
  cancel,
  clearFaults,
  DOCUMENTS_QUESTION,
  fail,
  liveRun,
  QUESTION,
  recorded,
  replaying,
  unused,
  url,
} from "./stack.mjs";

const api = `${url}/api/ai-sdk/chat`;
const transport = new DefaultChatTransport({ api });
afterEach(clearFaults);

const user = (text) => ({ id: unused("m"), role: "user", parts: [{ type: "text", text }] });

function send(chatId, messages, options = {}) {
  return transport.sendMessages({
    chatId,
    messages,
    trigger: "submit-message",
    messageId: undefined,
    abortSignal: undefined,
    ...options,
  });
}

/** The final message, and the errors of the stream. */
async function read(stream) {
  const errors = [];
  let message;
  for await (const next of readUIMessageStream({ stream, onError: (e) => errors.push(e) }))
    message = next;
  return { message, errors };
}

const textOf = (message) =>
  message.parts
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("");

/** All chunks of a stream; `onText` is called at the first text. */
async function all(stream, onText = () => undefined) {
  const found = [];
  for await (const chunk of stream) {
    found.push(chunk);
    if (chunk.type === "text-delta") onText();
  }
  return found;
}

test("a question is answered with its tool, its table and its route", async () => {
  const chat = unused("chat");
  const { message, errors } = await read(await send(chat, [user(QUESTION)]));
  assert.deepEqual(errors, []);
  assert.equal(textOf(message), ANSWER);
  const tool = message.parts.find((part) => part.type === "dynamic-tool");
  assert.equal(tool.state, "output-available");
  assert.deepEqual(tool.output.rows, [[13]]);
  const table = message.parts.find((part) => part.type === "data-table");
  assert.deepEqual(table.data.rows, [[13]]);
  const route = message.parts.find((part) => part.type === "data-route");
  assert.equal(route.data.agent, "sql");
  assert.equal(message.metadata.threadId, chat);
  assert.ok(message.metadata.usage.outputTokens > 0);
});

test("sources are parts of the message", async () => {
  const stream = await send(unused("chat"), [user(DOCUMENTS_QUESTION)], { body: { agent: "rag" } });
  const { message, errors } = await read(stream);
  assert.deepEqual(errors, []);
  const source = message.parts.find((part) => part.type === "source-document");
  assert.equal(source.mediaType, "text/markdown");
});

test("the next question is sent with all messages before it", async () => {
  const chat = unused("chat");
  const first = user(QUESTION);
  const { message } = await read(await send(chat, [first]));
  const second = await read(await send(chat, [first, message, user("List their names.")]));
  assert.equal(textOf(second.message).trim().split("\n").length, 13);
});

test("an answer can be regenerated", async () => {
  const chat = unused("chat");
  const question = user(QUESTION);
  const { message } = await read(await send(chat, [question]));
  const again = await read(
    await send(chat, [question], { trigger: "regenerate-message", messageId: message.id }),
  );
  assert.equal(textOf(again.message), ANSWER);
});

test("a resumed stream has the same chunks from the start", async () => {
  await fail("stall_after", { after: 2, seconds: 60 });
  const chat = unused("chat");
  const asked = await send(chat, [user(DOCUMENTS_QUESTION)], { body: { agent: "rag" } });
  const received = all(asked);
  const resumed = await transport.reconnectToStream({ chatId: chat });
  const [chunks, shown] = resumed.tee();
  let again;
  await new Promise((speaking) => (again = all(chunks, speaking)));
  await cancel(await liveRun(chat));
  assert.deepEqual(await again, await received);
  assert.deepEqual([(await received)[0].type, (await received).at(-1).type], ["start", "abort"]);
  const thread = await (await fetch(`${url}/v1/threads/${chat}`)).json();
  assert.equal(textOf((await read(shown)).message), thread.messages.at(-1).text);
});

test("a finished or unknown chat has no stream to resume", async () => {
  const chat = unused("chat");
  assert.equal(await transport.reconnectToStream({ chatId: chat }), null);
  await read(await send(chat, [user(QUESTION)]));
  assert.equal(await transport.reconnectToStream({ chatId: chat }), null);
});

test("a failure is the stream's error", async () => {
  await fail("access_denied");
  const { message, errors } = await read(await send(unused("chat"), [user(QUESTION)]));
  assert.equal(errors[0].message, "The model does not accept this request.");
  assert.equal(message.metadata.failure.retryable, false);
});

test("the text before a failure stays", async () => {
  await fail("cut_after", { after: 3 });
  const { message, errors } = await read(
    await send(unused("chat"), [user(DOCUMENTS_QUESTION)], { body: { agent: "rag" } }),
  );
  assert.equal(errors.length, 1);
  assert.notEqual(textOf(message), "");
  assert.equal(message.metadata.failure.partial, true);
});

test("a cancelled answer ends with abort", async () => {
  await fail("stall_after", { after: 2, seconds: 60 });
  const chat = unused("chat");
  const stream = await send(chat, [user(DOCUMENTS_QUESTION)], { body: { agent: "rag" } });
  const [chunks, shown] = stream.tee();
  const reading = all(chunks);
  assert.equal((await cancel(await liveRun(chat))).state, "cancelled");
  assert.deepEqual((await reading).at(-1), { type: "abort", reason: "user" });
  assert.deepEqual((await read(shown)).errors, []);
});

test("a refused request is the transport's error", async () => {
  await assert.rejects(send(unused("chat"), [user("  ")]), (error) => {
    assert.equal(error.statusCode, 422);
    return error.message.includes("empty_message");
  });
});

for (const run of recorded()) {
  test(`the recorded run ${run} is read to its end`, async () => {
    const replay = new DefaultChatTransport({ api, fetch: replaying("ai-sdk", run) });
    const stream = await replay.sendMessages({ chatId: "c", messages: [user("Hm?")] });
    const [first, second] = stream.tee();
    const found = await all(first);
    const { message, errors } = await read(second);
    const end = run.startsWith("failed") ? "error" : run === "cancelled" ? "abort" : "finish";
    assert.equal(found.at(-1).type, end);
    assert.equal(errors.length, end === "error" ? 1 : 0);
    assert.equal(message.metadata.threadId.startsWith("conv-"), true);
    const open = message.parts.filter((part) => part.state?.endsWith("streaming"));
    assert.deepEqual(open, []);
  });
}
