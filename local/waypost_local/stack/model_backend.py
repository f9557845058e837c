"""The model that answers behind Bedrock's wire, by the text of the setting MODEL."""

import os
import re

from waypost_local.bedrock.model import Model
from waypost_local.bedrock.openai import OpenAIModel, endpoint_problem
from waypost_local.bedrock.prompt_cache import PromptCache
from waypost_local.bedrock.relay import Relay
from waypost_local.demo_model import DemoModel

DEMO_MODEL = "builtin"
"""What the command line calls the demo model."""
_ALLOWED = (
    f"MODEL is one of: {DEMO_MODEL}, openai:<model>@<base-url> "
    "(such as openai:llama3.2@http://127.0.0.1:11434/v1), bedrock, bedrock:<model-id>"
)
_OPENAI = re.compile(r"openai:(?P<model>.+)@(?P<url>https?://\S+)")


async def describe_model(setting: str) -> str:
    """One line on the model that `setting` names, and whether its endpoint answers."""
    model = model_backend(setting)
    if isinstance(model, OpenAIModel):
        problem = await endpoint_problem(model)
        said = f"does not answer: {problem}" if problem else "answers"
        return f"{model.model} at {model.url.removesuffix('/chat/completions')}, which {said}"
    if isinstance(model, Relay):
        return "Bedrock itself, with the AWS credentials of the environment"
    return "the demo model: rules, no language model; MODEL=\u2026 puts one in its place"


def model_backend(setting: str = DEMO_MODEL) -> Model:
    """The model that `setting` names.

    `openai:` sends OPENAI_API_KEY along where it is set; `bedrock` takes the AWS credentials and
    region of the environment, as boto3 finds them.

    Raises:
        ValueError: `setting` is none of those, or what it needs is missing. One line.
    """
    setting = setting.strip() or DEMO_MODEL
    if setting == DEMO_MODEL:
        return PromptCache(DemoModel())
    if match := _OPENAI.fullmatch(setting):
        return OpenAIModel(match["model"], match["url"], os.environ.get("OPENAI_API_KEY", ""))
    name, _, model_id = setting.partition(":")
    if name == "bedrock" and (model_id or setting == "bedrock"):
        return Relay(model_id or None)
    raise ValueError(f"{_ALLOWED}; not {setting!r}.")
