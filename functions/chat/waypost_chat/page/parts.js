/** The fields of an agent's form, with what they are called and a word of help. */

import { choice, inTurn, some, yesOrNo } from "./choices.js";
import { amount, line, listed, number, prose, script, words } from "./fields.js";

const STRATEGIES = {
  none: "none: instructions and tools alone",
  rag: "rag: passages that a search finds",
  cag: "cag: whole documents, cached",
  hybrid: "hybrid: both",
};

/** Only an agent that is new is given its id. */
export const idField = () =>
  line({
    part: "id",
    label: "Id",
    hint: "Small letters, digits and hyphens. It stays as it is.",
    needed: true,
    props: { spellcheck: "false", maxlength: 64 },
  });

/** The fields of the form, by its sections, with the choices that are `allowed`. */
export function fieldsOf({ models, strategies, tools, runnables }, agent) {
  const named = models.map((model) => [model, model]);
  const plugged = runnables.map((path) => [path, path]);
  return {
    who: [
      line({ part: "name", label: "Name", needed: true }),
      words({ part: "aliases", label: "Other names", hint: "Ids by which it is known as well." }),
      prose({
        part: "description",
        label: "Description",
        hint: "What it answers: the router decides by this, and people read it.",
        needed: true,
      }),
      listed({
        part: "examples",
        label: "Example questions",
        hint: "One a line. They show the router what to send here.",
        needed: true,
      }),
      yesOrNo({ part: "routed", label: "The router may choose it" }),
    ],
    told: [script({ part: "instructions", label: "Instructions", needed: true })],
    uses: [
      choice(
        { part: "strategy", label: "Strategy", hint: "How documents come before the model." },
        strategies.map((strategy) => [strategy, STRATEGIES[strategy] ?? strategy]),
      ),
      some({ part: "tools", label: "Tools" }, tools),
      listed({
        part: "documents",
        label: "Documents",
        hint: "Patterns of their paths, one a line, such as policies/*.md. None: all of them.",
      }),
      (runnables.length > 0 || agent?.runnable) &&
        choice(
          { part: "runnable", label: "Runnable", hint: "Code that answers in the model’s place." },
          [["", "None"], ...plugged],
        ),
    ].filter(Boolean),
    model: [
      choice({ part: "model", label: "Model" }, [["", "The deployment’s"], ...named]),
      inTurn(
        {
          part: "fallbacks",
          label: "Fallback models",
          hint: "Asked in turn where the model fails before its first word.",
        },
        models,
      ),
      number({ part: "max_tokens", label: "Tokens", hint: "The most in one model call." }),
      number({ part: "max_steps", label: "Steps", hint: "The most model calls in one run." }),
      amount({
        part: "max_cost_usd",
        label: "Dollars",
        hint: "No model is called in a run that has cost as much. None: no limit.",
      }),
    ],
  };
}
