"""Bedrock's runtime API, played on this machine.

`wire` speaks it to unmodified SDKs, `faults` breaks it on demand. Behind it stands a `Model`:
`backend` makes one from a setting (the built-in model, any OpenAI-compatible endpoint, or Bedrock
itself), and `serving` puts it on a port.
"""

from waypost_local.bedrock.backends import backend
from waypost_local.bedrock.faults import Fault, Faults
from waypost_local.bedrock.model import BedrockError, ConverseRequest, Model
from waypost_local.bedrock.pace import Pace
from waypost_local.bedrock.server import Serving, serving
from waypost_local.bedrock.wire import app

__all__ = [
    "BedrockError",
    "ConverseRequest",
    "Fault",
    "Faults",
    "Model",
    "Pace",
    "Serving",
    "app",
    "backend",
    "serving",
]
