/** The notices under an answer that is incomplete: what happened, and what can be done. */

import { ApiError } from "./api.js";
import { copyText } from "./clipboard.js";
import { errorNotice, notice } from "./notices.js";

/** Failures after which an answer can be continued even if they do not count as retryable. */
const CONTINUABLE_CODES = new Set(["interrupted", "deadline"]);

/** The reader stopped a question that may or may not have arrived. */
export function stoppedEarly(answer) {
  const text = "If the question has arrived already, its answer will be in the list of threads.";
  return notice("info", "You stopped the question.", { text, actions: [askAgain(answer)] });
}

/** The rest cannot be read for now. `error` is the reason, `retry` tries again. */
export function disconnected({ runId }, retry, error) {
  const actions = [["Try again", retry]];
  if (error instanceof ApiError)
    return errorNotice(error, "The rest of the answer cannot be read.", actions);
  const text = "What has arrived stays here. The run goes on, and its answer is stored.";
  return notice("error", "The connection is lost.", { text, facts: [["Run", runId]], actions });
}

/** No run was started. `error` is one of `api.js`. */
export function rejected(answer, error) {
  return errorNotice(error, "The question was not accepted.", [askAgain(answer)]);
}

export function notContinued(answer, error) {
  const actions = [continueRun(answer), askAgain(answer)];
  return errorNotice(error, "The answer was not continued.", actions);
}

export function stopFailed(error, retry) {
  return errorNotice(error, "The answer could not be stopped.", [["Stop it", retry]]);
}

export function failed(answer, end) {
  if (end.code === "not_saved") return notSaved(answer, end);
  const { code, message, retryable, partial } = end;
  const title = partial ? "The answer broke off here." : "There is no answer.";
  const canRetry = retryable || CONTINUABLE_CODES.has(code);
  const actions = canRetry ? [continueRun(answer), askAgain(answer)] : [];
  return notice("error", title, { text: message, facts: runFacts(answer, code), actions });
}

export function cancelled(answer, { partial }) {
  const text = partial && "What had been written by then is stored.";
  const actions = [continueRun(answer), askAgain(answer)];
  return notice("info", "The answer was stopped.", { text, actions });
}

/** The model used up its tokens. */
export function truncated(answer) {
  const title = "The model reached its limit of tokens: the answer may be incomplete.";
  return notice("info", title, { actions: [continueRun(answer)] });
}

function notSaved(answer, { code, message }) {
  const text = `${message} It is only on this page: copy it before you leave.`;
  const copy = ["Copy the answer", (event) => copyText(answer.text, event.target)];
  const title = "This answer is not stored.";
  const actions = [copy, askAgain(answer)];
  return notice("error", title, { text, facts: runFacts(answer, code), actions });
}

function runFacts({ runId }, code) {
  return [
    ["Code", code],
    ["Run", runId],
  ];
}

function askAgain({ question, actions }) {
  return ["Ask again", () => actions.ask(question)];
}

/** Only a thread's last answer can be continued: the style sheet hides the others' buttons. */
function continueRun(answer) {
  return ["Continue", () => answer.actions.continueRun(answer), "continue"];
}
