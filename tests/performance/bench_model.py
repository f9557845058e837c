"""A model in a process of its own that streams as many tokens, as fast, as the request has it.

The last question names both: `400 tokens at 80` a second, or at 0 for as fast as possible.
"""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from typing import Any

from waypost_local import bedrock
from waypost_local.bedrock import ConverseRequest
from waypost_local.bedrock.model import Piece, Stop, TextPiece


class TokenCountModel:
    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        if "<agents>" in request.system_text:
            yield TextPiece("plain | 0.9 | - | It is about tokens.")
            yield Stop("end_turn", 100, 10)
            return
        match = re.search(r"(\d+) tokens at (\d+)", str(request.messages[-1]))
        count, rate = (int(match[1]), int(match[2])) if match else (1, 0)
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(count):
            if rate:
                await asyncio.sleep(max(0, began + number / rate - loop.time()))
            yield TextPiece(f"token{number} ")
        yield Stop("end_turn", 100, count)


async def serve() -> None:
    """Prints its address, then serves until it is killed."""
    app: Any = bedrock.app(TokenCountModel())
    async with bedrock.serving(app) as serving:
        sys.stdout.write(serving.url + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
