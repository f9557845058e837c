"""Clients that run in Node: AI SDK, AG-UI, OpenAI's for JavaScript, and an EventSource."""

import pytest

from tests.clients.conftest import LocalStack, Node


@pytest.mark.parametrize(
    "script", ["ai-sdk", "ai-sdk-openai", "ag-ui", "openai", "eventsource", "browser-headers"]
)
def test_a_client_in_node(script: str, node: Node, stack: LocalStack) -> None:
    node.run(f"{script}.test.mjs", stack)
