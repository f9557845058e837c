"""AG-UI's RunAgentInput."""

from typing import Annotated, Any, Literal

from pydantic import Field

from waypost.records import PriorTurn
from waypost_chat.bodies.conversation import (
    LenientBody,
    QuestionAndHistory,
    check_only_text,
    split_conversation,
    text_of,
)

_TEXTS = ("text",)


class AgUiPart(LenientBody):
    type: Annotated[str, Field(examples=["text"])]
    text: str | None = None


class AgUiMessage(LenientBody):
    """Only the messages of users and assistants are read."""

    id: Annotated[str, Field(examples=["msg-1"])]
    role: Literal["developer", "system", "assistant", "user", "tool", "activity", "reasoning"]
    content: Annotated[
        str | list[AgUiPart] | dict[str, Any] | None,
        Field(examples=["How many technicians are active?"]),
    ] = None

    @property
    def texts(self) -> str | list[AgUiPart] | None:
        return None if isinstance(self.content, dict) else self.content


class RunAgentInput(LenientBody):
    """A run that a client asks for. Its `threadId` is the thread's, its `runId` is echoed.

    `forwardedProps` may hold `agent` and `model`. State, tools and context are not read: agents
    use the tools that the deployment gives them.
    """

    thread_id: Annotated[str, Field(alias="threadId", examples=["conv-test-123"])]
    run_id: Annotated[str, Field(alias="runId", min_length=1, max_length=200, examples=["run-1"])]
    messages: Annotated[list[AgUiMessage], Field(max_length=10_000)]
    forwarded: Annotated[Any, Field(alias="forwardedProps", examples=[{}])] = None
    state: Annotated[Any, Field(examples=[{}])] = None
    tools: Annotated[list[Any] | None, Field(examples=[[]])] = None
    context: Annotated[list[Any] | None, Field(examples=[[]])] = None

    def question_and_history(self) -> QuestionAndHistory:
        """The question and the turns before it. Raises Invalid."""
        users = [message for message in self.messages if message.role == "user"]
        if users:
            check_only_text(users[-1].texts, _TEXTS)
        return split_conversation(
            [
                PriorTurn(role=message.role, text=text_of(message.texts, _TEXTS))
                for message in self.messages
                if message.role in ("user", "assistant")
            ]
        )

    def chosen(self, what: str) -> str | None:
        """A choice that the client forwards: its `agent`, its `model`."""
        props = self.forwarded if isinstance(self.forwarded, dict) else {}
        name = props.get(what)
        return name if isinstance(name, str) else None
