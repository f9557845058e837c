"""Bedrock's runtime API, played on this machine.

`wire` speaks it to unmodified SDKs, `faults` breaks it on demand, `models` is what may stand
behind it: the built-in model, any OpenAI-compatible endpoint, or Bedrock itself.
"""

from waypost_local.bedrock.faults import Fault, Faults
from waypost_local.bedrock.model import Model, Pace
from waypost_local.bedrock.wire import app

__all__ = ["Fault", "Faults", "Model", "Pace", "app"]
