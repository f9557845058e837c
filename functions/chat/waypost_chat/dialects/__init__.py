"""Wire formats of a run: each a pure fold, event → bytes, with no clock and no randomness."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from waypost.events import Event
from waypost_chat.dialects.ag_ui import AgUi
from waypost_chat.dialects.agents import Agents
from waypost_chat.dialects.ai_sdk import AiSdk
from waypost_chat.dialects.execution import Execution
from waypost_chat.dialects.internal import Internal
from waypost_chat.dialects.openai_chat import OpenAIChat
from waypost_chat.dialects.openai_responses import OpenAIResponses
from waypost_chat.dialects.serving import Serving
from waypost_chat.dialects.support import Support
from waypost_chat.dialects.waypost import Waypost


class Dialect(Protocol):
    """Encodes one run. What it must remember between events, it holds itself."""

    def encode(self, event: Event) -> bytes: ...


@runtime_checkable
class Beating(Dialect, Protocol):
    """A dialect in which a heartbeat is an event, and no comment line."""

    def heartbeat(self, at: str) -> bytes: ...


DIALECTS: dict[str, Callable[[], Dialect]] = {
    "waypost": Waypost,
    "internal": Internal,
    "support": Support,
    "execution": Execution,
    "agents": Agents,
    "serving": Serving,
    "ai-sdk": AiSdk,
    "ag-ui": AgUi,
    "openai-chat": OpenAIChat,
    "openai-responses": OpenAIResponses,
    "agentcore": Waypost,
}
