// AG-UI's own client, which verifies every event against the protocol.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { HttpAgent } from "@ag-ui/client";
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

afterEach(clearFaults);

function newAgent(threadId = unused("thread")) {
  const agent = new HttpAgent({ url: `${url}/api/ag-ui`, threadId });
  agent.ask = (text) => agent.addMessage({ id: unused("m"), role: "user", content: text });
  return agent;
}

/** A subscriber that adds every event to `into`. */
function collect(into) {
  return { onEvent: ({ event }) => void into.push(event) };
}

test("a run is read from RUN_STARTED to RUN_FINISHED", async () => {
  const asking = newAgent();
  asking.ask(QUESTION);
  const events = [];
  const { newMessages } = await asking.runAgent({ runId: "my-run" }, collect(events));
  assert.equal(newMessages.at(-1).content, ANSWER);
  assert.equal(events[0].type, "RUN_STARTED");
  assert.deepEqual([events[0].runId, events.at(-1).runId], ["my-run", "my-run"]);
  assert.equal(events.at(-1).outcome.type, "success");
  assert.ok(events.at(-1).usage[0].totalTokens > 0);
  const call = newMessages.find((message) => message.toolCalls)?.toolCalls[0];
  assert.match(JSON.parse(call.function.arguments).sql, /technicians/);
  const result = newMessages.find((message) => message.role === "tool");
  assert.equal(result.toolCallId, call.id);
  assert.deepEqual(JSON.parse(result.content).rows, [[13]]);
});

test("a conversation continues in its thread", async () => {
  const asking = newAgent();
  asking.ask(QUESTION);
  await asking.runAgent();
  asking.ask("List their names.");
  const { newMessages } = await asking.runAgent();
  assert.equal(newMessages.at(-1).content.trim().split("\n").length, 13);
});

test("an agent can be chosen in forwardedProps", async () => {
  const asking = newAgent();
  asking.ask(DOCUMENTS_QUESTION);
  const events = [];
  await asking.runAgent({ forwardedProps: { agent: "rag" } }, collect(events));
  const named = (name) => events.find((event) => event.name === `waypost.${name}`)?.value;
  assert.deepEqual([named("route").agent, named("route").method], ["rag", "pinned"]);
  assert.match(named("source").document, /\.md$|\.txt$/);
});

test("a failure is RUN_ERROR", async () => {
  await fail("access_denied");
  const asking = newAgent();
  asking.ask(QUESTION);
  const events = [];
  await asking.runAgent({}, collect(events)).catch(() => undefined);
  assert.deepEqual([events.at(-1).type, events.at(-1).code], ["RUN_ERROR", "model_refused"]);
});

test("a cancelled run is an outcome", async () => {
  await fail("stall_after", { after: 2, seconds: 60 });
  const asking = newAgent();
  asking.ask(DOCUMENTS_QUESTION);
  const events = [];
  let stopped;
  const onTextMessageContentEvent = () => {
    stopped ??= liveRun(asking.threadId).then(cancel);
  };
  await asking.runAgent(
    { forwardedProps: { agent: "rag" } },
    { ...collect(events), onTextMessageContentEvent },
  );
  assert.equal((await stopped).state, "cancelled");
  assert.deepEqual(events.at(-1).outcome, { type: "cancelled" });
});

test("a refused request fails the run", async () => {
  const asking = newAgent();
  asking.ask("  ");
  await assert.rejects(asking.runAgent(), /empty_message/);
});

for (const run of recorded()) {
  test(`the recorded run ${run} is verified to its end`, async () => {
    const replay = new HttpAgent({ url, fetch: replaying("ag-ui", run) });
    replay.addMessage({ id: "m", role: "user", content: "Hm?" });
    const events = [];
    const failed = run.startsWith("failed");
    const running = replay.runAgent({}, collect(events));
    await (failed ? running.catch(() => undefined) : running);
    assert.equal(events.at(-1).type, failed ? "RUN_ERROR" : "RUN_FINISHED");
  });
}
