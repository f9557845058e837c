"""What an answer costs that does not depend on the machine: round trips, write units, bytes."""

import json
from typing import Any

import pytest

from tests.chat.conftest import ME, Api, answer
from tests.performance.writes import WriteCounter
from waypost_local.bedrock.model import TextPiece

WORDS = [TextPiece(f"word{number} ") for number in range(60)]


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    """The journal waits longer than an answer takes: what is written is not a matter of time."""
    return {**environment, "WAYPOST_JOURNAL_SECONDS": "5"}


@pytest.fixture
def operations(api: Api) -> list[str]:
    """The calls of the table and of the model, in their order."""
    found: list[str] = []

    def note(model: Any, **_: Any) -> None:
        found.append(model.name)

    backend = api.app.state.backend
    clients = {"dynamodb": backend.table._client, "bedrock-runtime": backend.resources.bedrock}
    for service, client in clients.items():
        client.meta.events.register(f"before-call.{service}", note)
    return found


async def ask(api: Api, path: str = "/v1/runs") -> list[dict[str, Any]]:
    api.model.add_reply("rag | 0.8 | - | x").add_reply(*WORDS)
    found = await api.ask("How much leave?", path)
    assert answer(found).startswith("word0 word1")
    return found


async def test_units_of_a_documents_answer(api: Api) -> None:
    with WriteCounter(api.app.state.backend.table._client) as writes:
        await ask(api)
    assert writes.units <= 24
    assert writes.calls <= 4


async def test_one_round_trip_before_the_router_is_asked(api: Api, operations: list[str]) -> None:
    api.app.state.backend.registry._cache.clear()
    await ask(api)
    before = operations[: operations.index("Converse")]
    # The agents are read; the run is stored while the router is asked.
    assert [name for name in before if name != "TransactWriteItems"] == ["Query"]


async def test_two_round_trips_before_the_router_is_asked_in_a_thread(
    api: Api, operations: list[str]
) -> None:
    thread = (await ask(api))[0]["thread_id"]
    operations.clear()
    api.app.state.backend.registry._cache.clear()
    await ask(api, f"/v1/threads/{thread}/runs")
    before = operations[: operations.index("Converse")]
    # Agents, thread and messages, all at once.
    assert len([name for name in before if name != "TransactWriteItems"]) <= 3


async def test_the_routers_prompt_begins_the_same_and_is_cached(api: Api) -> None:
    for question in ("How much leave?", "Where does Ada Lovelace work?"):
        api.model.add_reply("rag | 1 | - | x").add_reply("So.")
        await api.ask(question)
    first, second = (r.body["system"] for r in api.model.requests if "<agents>" in r.system_text)
    assert first[:2] == second[:2]
    assert first[1] == {"cachePoint": {"type": "default"}}
    assert "<covers>" in first[0]["text"]


BYTES = [
    ("/v1/runs", {"input": "Hello?", "agent": "rag"}, 210),
    ("/openai/v1/chat/completions", {"model": "rag", "stream": True}, 270),
    ("/api/ai-sdk/chat", {"id": "chat-1", "agent": "rag"}, 110),
]


@pytest.mark.parametrize(("path", "body", "most"), BYTES)
async def test_bytes_of_a_token(api: Api, path: str, body: dict[str, Any], most: int) -> None:
    if path.startswith("/openai"):
        body = {**body, "messages": [{"role": "user", "content": "Hello?"}]}
    if path.startswith("/api/ai-sdk"):
        part = {"type": "text", "text": "Hello?"}
        body = {**body, "messages": [{"id": "m", "role": "user", "parts": [part]}]}
    sizes = []
    for count in (20, 60):
        api.model.add_reply(*WORDS[:count])
        response = await api.http.post(path, json=body, headers=ME)
        assert response.status_code == 200, response.text
        sizes.append(len(response.content))
    assert (sizes[1] - sizes[0]) / 40 <= most, json.dumps(sizes)
