"""Bedrock's runtime API on this machine.

`wire` speaks it to unmodified SDKs, `faults` makes it fail on demand. A `Model` answers behind it:
`openai` is any OpenAI-compatible endpoint, `relay` Bedrock itself. `serving` puts it on a port.
"""

from waypost_local.bedrock.faults import Fault, Faults
from waypost_local.bedrock.jobs import Jobs
from waypost_local.bedrock.model import BedrockError, ConverseRequest, Model
from waypost_local.bedrock.pace import Pace
from waypost_local.bedrock.server import ServerAddress, serving
from waypost_local.bedrock.wire import app

__all__ = [
    "BedrockError",
    "ConverseRequest",
    "Fault",
    "Faults",
    "Jobs",
    "Model",
    "Pace",
    "ServerAddress",
    "app",
    "serving",
]
