"""Which model stands behind the wire, by the text of one setting."""

import os
import re

from waypost_local.bedrock.keeping import Keeping
from waypost_local.bedrock.model import Model
from waypost_local.bedrock.openai import OpenAI
from waypost_local.bedrock.relay import Relay

ALLOWED = (
    "MODEL is one of: builtin, openai:<model>@<base-url> "
    "(such as openai:llama3.2@http://127.0.0.1:11434/v1), bedrock, bedrock:<model-id>"
)
_OPENAI = re.compile(r"openai:(?P<model>.+)@(?P<url>https?://\S+)")


def backend(spec: str = "builtin") -> Model:
    """The model that `spec` names.

    `openai:` sends OPENAI_API_KEY along where it is set; `bedrock` takes the AWS credentials and
    region of the environment, as boto3 finds them.

    Raises:
        ValueError: `spec` is none of those, or what it needs is missing. One line, fit to print.
    """
    spec = spec.strip() or "builtin"
    if spec == "builtin":
        # It answers in this package's pieces, so it cannot be imported before them.
        from waypost_local.builtin import Builtin

        return Keeping(Builtin())
    if match := _OPENAI.fullmatch(spec):
        return OpenAI(match["model"], match["url"], os.environ.get("OPENAI_API_KEY", ""))
    name, _, model = spec.partition(":")
    if name == "bedrock" and (model or spec == "bedrock"):
        return Relay(model or None)
    raise ValueError(f"{ALLOWED}; not {spec!r}.")
