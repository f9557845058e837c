"""One call of a small model, answered in one piece and by a deadline."""

import asyncio
from dataclasses import dataclass
from typing import Any

from waypost.events import Usage
from waypost.models.converse import whole
from waypost.models.failures import model_error
from waypost.models.request import parameters
from waypost.models.response import usage_of
from waypost.models.turns import SystemPrompt, UserTurn


@dataclass(frozen=True)
class OneShotReply:
    text: str
    usage: Usage


async def complete(
    client: Any,
    model: str,
    system: SystemPrompt,
    question: str,
    *,
    max_tokens: int,
    deadline: float,
) -> OneShotReply:
    """The model's reply.

    Args:
        client: A bedrock-runtime client; it is called in a worker thread.
        deadline: Seconds to wait. A call that outlasts them is left to its own time-out.

    Raises:
        TimeoutError: There was no answer by the deadline.
        ModelError: The call failed.
    """
    asked = parameters(model, system, [UserTurn(question)], (), max_tokens)
    async with asyncio.timeout(deadline):
        try:
            answer = await asyncio.to_thread(whole, client, asked)
        except Exception as error:
            raise model_error(error) or error from None
    return OneShotReply(_text(answer).strip(), usage_of(answer["usage"]))


def _text(answer: dict[str, Any]) -> str:
    return "".join(block.get("text", "") for block in answer["output"]["message"]["content"])
