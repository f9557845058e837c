// A reader of Server-Sent Events that reconnects by itself, over a run's own events.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { EventSource } from "eventsource";
import { clearFaults, DOCUMENTS_QUESTION, fail, url } from "./stack.mjs";

afterEach(clearFaults);

async function begin(input) {
  const body = JSON.stringify({ input, agent: "rag" });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/v1/runs`, { method: "POST", headers, body });
  return answer;
}

const kinds = ["run.started", "text.delta", "run.completed"];

test("a stream that is cut is resumed after the last event received", async () => {
  await fail("stall_after", { after: 2, seconds: 3, times: 1 });
  const answer = await begin(DOCUMENTS_QUESTION);
  const run = answer.headers.get("x-run-id");
  let connections = 0;
  const asked = [];
  const source = new EventSource(`${url}/v1/runs/${run}/events`, {
    fetch: async (input, init) => {
      connections += 1;
      asked.push(init.headers["Last-Event-ID"]);
      const response = await fetch(input, init);
      if (connections > 1) return response;
      return new Response(cutAfter(response.body, "text.delta"), response);
    },
  });
  const ids = [];
  let text = "";
  const ended = await new Promise((resolve, reject) => {
    for (const kind of kinds)
      source.addEventListener(kind, (event) => {
        ids.push(Number(event.lastEventId));
        if (kind === "text.delta") text += JSON.parse(event.data).delta;
        if (kind === "run.completed") resolve(event);
      });
    source.onerror = (error) => source.readyState === source.CLOSED && reject(error);
  });
  source.close();
  assert.equal(JSON.parse(ended.data).run_id, run);
  assert.ok(connections >= 2);
  assert.equal(asked[0], undefined);
  assert.ok(Number(asked[1]) > 0);
  assert.deepEqual(
    ids,
    [...new Set(ids)].sort((a, b) => a - b),
  );
  const whole = await (await fetch(`${url}/v1/runs/${run}`)).json();
  assert.equal(text, whole.output.text);
  await answer.body.cancel();
});

test("the reader stops at the end of the run", async () => {
  const answer = await begin(DOCUMENTS_QUESTION);
  await answer.text();
  const run = answer.headers.get("x-run-id");
  const last = (await (await fetch(`${url}/v1/runs/${run}/events`)).text()).match(
    /id: (\d+)\n(?!.*id: )/s,
  );
  const source = new EventSource(`${url}/v1/runs/${run}/events?after=${last[1]}`);
  const error = await new Promise((resolve) => (source.onerror = resolve));
  assert.equal(error.code, 204);
  assert.equal(source.readyState, source.CLOSED);
});

/** The stream up to a frame that holds `text`, and then its connection is lost. */
function cutAfter(body, text) {
  const decoder = new TextDecoder();
  let received = "";
  return body.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        received += decoder.decode(chunk, { stream: true });
        controller.enqueue(chunk);
        if (received.includes(text)) controller.error(new TypeError("network error"));
      },
    }),
  );
}
