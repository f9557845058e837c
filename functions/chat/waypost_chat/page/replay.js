/** A stored run as the events that it consisted of. */

export const LIVE_STATES = new Set(["running"]);

/** The events of a run that has ended. `message` is its answer, if there is one. */
export function* replayRun(run, message) {
  yield {
    type: "run.started",
    run_id: run.id,
    thread_id: run.thread_id,
    message_id: run.message_id,
  };
  if (run.route) yield { type: "route.decided", ...run.route };
  for (const step of run.steps) yield* stepEvents(step);
  if (message?.text) yield* textEvents(message);
  yield { type: "usage", ...run.usage, cost_usd: run.cost_usd };
  yield terminalEvent(run);
}

function* stepEvents(step) {
  yield { type: "step.started", step_id: step.id, kind: step.kind, name: step.name };
  for (const note of step.notes) yield { type: "step.updated", step_id: step.id, note };
  if (step.kind === "tool") yield* toolEvents(step);
  if (step.status) yield { type: "step.completed", ...step, step_id: step.id };
}

function* toolEvents({ id, name, input, output, status, elapsed_ms }) {
  yield { type: "tool.started", call_id: id, name, step_id: id };
  if (input) yield { type: "tool.input", call_id: id, arguments: input };
  if (status === "failed")
    yield { type: "tool.failed", call_id: id, message: String(output ?? "") };
  else if (output !== null) yield { type: "tool.output", call_id: id, output, elapsed_ms };
}

function* textEvents({ id, text, sources }) {
  yield { type: "text.started", text_id: id, channel: "final" };
  yield { type: "text.delta", text_id: id, delta: text };
  for (const source of sources) yield { type: "source.cited", ...source };
}

function terminalEvent(run) {
  const { usage, cost_usd, elapsed_ms, first_token_ms, stop_reason, partial } = run;
  if (run.state === "completed") {
    return { type: "run.completed", stop_reason, usage, cost_usd, elapsed_ms, first_token_ms };
  }
  if (run.state === "cancelled") return { type: "run.cancelled", reason: stop_reason, partial };
  const interrupted = {
    code: "interrupted",
    message: "The run was interrupted before its answer was complete.",
    retryable: true,
  };
  return { type: "run.failed", ...(run.failure ?? interrupted), partial };
}
