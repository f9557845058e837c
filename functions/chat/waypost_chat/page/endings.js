/** How an answer can end before it is whole: what happened, and what to do now. */

import { copy } from "./copying.js";
import { ApiError } from "./api.js";
import { errorNotice, notice } from "./notices.js";

/** Failures after which the run's answer can be carried on, whatever they say of themselves. */
const BROKEN_OFF = new Set(["interrupted", "deadline"]);

/** The reader stopped a question of which it is not known whether it arrived. */
export function stopped(answer) {
  const text = "If the question has arrived already, its answer will be in the list of threads.";
  return notice("calm", "You stopped the question.", { text, actions: [again(answer)] });
}

/** What follows cannot be read for now. `error` says why, `retry` tries again. */
export function unreached({ runId }, retry, error) {
  const actions = [["Try again", retry]];
  if (error instanceof ApiError)
    return errorNotice(error, "The rest of the answer cannot be read.", actions);
  const text = "What has arrived stays here. The run itself goes on, and its answer is kept.";
  return notice("problem", "The connection is lost.", { text, facts: [["Run", runId]], actions });
}

/** The question was not accepted, or nobody was there to take it. `error` is one of `api.js`. */
export function refused(answer, error) {
  return errorNotice(error, "The question was not accepted.", [again(answer)]);
}

export function notContinued(answer, error) {
  return errorNotice(error, "The answer was not continued.", [goOn(answer), again(answer)]);
}

export function notStopped(error, retry) {
  return errorNotice(error, "The answer could not be stopped.", [["Stop it", retry]]);
}

export function failed(answer, end) {
  if (end.code === "not_saved") return notSaved(answer, end);
  const { code, message, retryable, partial } = end;
  const title = partial ? "The answer broke off here." : "There is no answer.";
  const worthwhile = retryable || BROKEN_OFF.has(code);
  const actions = worthwhile ? [goOn(answer), again(answer)] : [];
  return notice("problem", title, { text: message, facts: facts(answer, code), actions });
}

export function cancelled(answer, { partial }) {
  const text = partial && "What had been written by then is kept.";
  const actions = [goOn(answer), again(answer)];
  return notice("calm", "The answer was stopped.", { text, actions });
}

/** The model used up its tokens. */
export function shortened(answer) {
  const title = "The model reached its limit of tokens: the answer may lack its end.";
  return notice("calm", title, { actions: [goOn(answer)] });
}

function notSaved(answer, { code, message }) {
  const text = `${message} It is nowhere but on this screen: copy it, or it is gone with this page.`;
  const actions = [["Copy the answer", (event) => copy(answer.text, event.target)], again(answer)];
  const title = "This answer is not stored.";
  return notice("problem", title, { text, facts: facts(answer, code), actions });
}

function facts({ runId }, code) {
  return [
    ["Code", code],
    ["Run", runId],
  ];
}

function again({ question, does }) {
  return ["Ask again", () => does.again(question)];
}

/** Only a thread's last answer can be continued; the style hides this where another follows. */
function goOn(answer) {
  return ["Continue", () => answer.does.goOn(answer), "continue"];
}
