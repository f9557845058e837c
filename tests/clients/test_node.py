"""Clients that live in Node: AI SDK, AG-UI, OpenAI's for JavaScript, and an EventSource."""

import pytest

from tests.clients.conftest import Node, Stack


@pytest.mark.parametrize("script", ["ai-sdk", "ag-ui", "openai", "eventsource", "browser-headers"])
def test_the_real_clients(script: str, node: Node, stack: Stack) -> None:
    node.run(f"{script}.test.mjs", stack)
