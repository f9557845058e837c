"""Wire formats of a run: each a pure fold, event → bytes, with no clock and no randomness."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from waypost.events import Event
from waypost_chat.dialects.ag_ui import AgUiDialect
from waypost_chat.dialects.agents import AgentsDialect
from waypost_chat.dialects.ai_sdk import AiSdkDialect
from waypost_chat.dialects.execution import ExecutionDialect
from waypost_chat.dialects.internal import InternalDialect
from waypost_chat.dialects.openai_chat import OpenAIChatDialect
from waypost_chat.dialects.openai_responses import OpenAIResponsesDialect
from waypost_chat.dialects.serving import ServingDialect
from waypost_chat.dialects.support import SupportDialect
from waypost_chat.dialects.waypost import WaypostDialect


class Dialect(Protocol):
    """Encodes one run. What it must remember between events, it holds itself."""

    def encode(self, event: Event) -> bytes: ...


@runtime_checkable
class HasHeartbeat(Dialect, Protocol):
    """A dialect in which a heartbeat is an event, and no comment line."""

    def heartbeat(self, at: str) -> bytes: ...


DIALECTS: dict[str, Callable[[], Dialect]] = {
    "waypost": WaypostDialect,
    "internal": InternalDialect,
    "support": SupportDialect,
    "execution": ExecutionDialect,
    "agents": AgentsDialect,
    "serving": ServingDialect,
    "ai-sdk": AiSdkDialect,
    "ag-ui": AgUiDialect,
    "openai-chat": OpenAIChatDialect,
    "openai-responses": OpenAIResponsesDialect,
    "agentcore": WaypostDialect,
}
