/** How a question can end without a whole answer: what happened, and what to do now. */

import { errorNotice, notice } from "./notices.js";

/** The reader left; the run, if it has begun, did not. */
export function stopped({ runId, does }) {
  const text = runId
    ? "The run itself goes on: its whole answer will be in this thread."
    : "If the question has arrived already, its answer will be in the list of threads.";
  const actions = runId ? [["Show the answer", does.reload]] : [];
  return notice("calm", "You stopped reading.", { text, actions });
}

/** The stream ended without the run's end. */
export function cut(answer) {
  const { runId, does } = answer;
  if (!runId) {
    const text =
      "The connection was lost before the run began. If the question has arrived, it is in the list of threads.";
    return notice("problem", "No answer came.", { text, actions: [again(answer)] });
  }
  const text =
    "The connection was lost, so this may not be the whole answer. The run itself goes on.";
  const actions = [["Load the thread again", does.reload]];
  return notice("problem", "The answer was cut off.", { text, facts: [["Run", runId]], actions });
}

/** The question was not accepted, or nobody was there to take it. `error` is one of `api.js`. */
export function refused(answer, error) {
  return errorNotice(error, "The question was not accepted.", [again(answer)]);
}

export function failed(answer, { code, message, retryable, partial }) {
  const title = partial ? "The answer broke off here." : "There is no answer.";
  const facts = [
    ["Code", code],
    ["Run", answer.runId],
  ];
  const actions = retryable ? [again(answer)] : [];
  return notice("problem", title, { text: message, facts, actions });
}

export function cancelled() {
  return notice("calm", "The run was cancelled.");
}

/** The model used up its tokens. */
export function shortened() {
  return notice("calm", "The model reached its limit of tokens: the answer may lack its end.");
}

function again({ question, does }) {
  return ["Ask again", () => does.again(question)];
}
