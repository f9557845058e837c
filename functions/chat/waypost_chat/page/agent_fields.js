/** The fields of an agent's form: their controls and hints, with limits from the API's schema. */

import { FIELD_LABELS } from "./agent_definition.js";
import { checkboxField, checkboxGroup, selectField, selectList } from "./choice_fields.js";
import { limitTexts } from "./json_schema.js";
import {
  decimalField,
  integerField,
  linesField,
  longTextField,
  textAreaField,
  textField,
  wordsField,
} from "./text_fields.js";

const STRATEGY_LABELS = {
  none: "none: instructions and tools only",
  rag: "rag: passages found by search",
  cag: "cag: whole documents, cached",
  hybrid: "hybrid: both",
};
const DEPLOYMENT_DEFAULT = "Deployment default";

/** An id is given once, to a new agent. */
export const idField = (schema) =>
  textField({
    name: "id",
    label: "Id",
    hint: "Small letters, digits and hyphens. It cannot be changed later.",
    required: schema.id.required,
    attributes: { spellcheck: "false", maxlength: schema.id.maxLength },
  });

/** The fields by section of the form; `allowed` are the choices that the API offers. */
export function agentFieldGroups(allowed, schema, agent) {
  const field = (name, hint) => ({
    name,
    label: FIELD_LABELS[name],
    hint,
    required: schema[name].required,
    attributes: {},
  });
  const limited = (name, hint) => field(name, `${hint} ${limitSentence(schema[name])}`.trim());
  const models = allowed.models.map((model) => [model, model]);
  const strategies = allowed.strategies.map((one) => [one, STRATEGY_LABELS[one] ?? one]);
  const runnables = allowed.runnables.map((path) => [path, path]);
  return {
    general: [
      textField({ ...field("name"), attributes: { maxlength: schema.name.maxLength } }),
      wordsField(field("aliases", "Other ids of this agent, separated by commas.")),
      textAreaField(
        field("description", "What it answers. The router decides by it, and people read it."),
      ),
      linesField(field("examples", "One per line. They show the router what to send here.")),
      checkboxField(field("routed")),
    ],
    instructions: [longTextField(field("instructions"))],
    context: [
      selectField(field("strategy", "How documents get into the prompt."), strategies),
      checkboxGroup(field("tools"), allowed.tools),
      linesField(
        field("documents", "Path patterns, one per line, such as policies/*.md. Empty: all."),
      ),
      (runnables.length > 0 || agent?.runnable) &&
        selectField(field("runnable", "Code that answers in place of the model."), [
          ["", "None"],
          ...runnables,
        ]),
    ].filter(Boolean),
    model: [
      selectField(field("model"), [["", DEPLOYMENT_DEFAULT], ...models]),
      selectList(
        field("fallbacks", "Tried in order when the model fails before its first token."),
        allowed.models,
        [DEPLOYMENT_DEFAULT, "None"],
      ),
      integerField(limited("max_tokens", "In one model call.")),
      integerField(limited("max_steps", "Model calls in one run.")),
      decimalField(limited("max_cost_usd", "No model is called once a run has cost this much.")),
    ],
  };
}

/** "At least 1, at most 50." */
function limitSentence(schema) {
  const text = limitTexts(schema).join(", ");
  return text && `${text[0].toUpperCase()}${text.slice(1)}.`;
}
