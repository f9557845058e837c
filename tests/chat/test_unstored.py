"""What front ends ask beside questions: titles, connections, items that they refer to."""

import json
from typing import Any

import pytest

from tests.chat.conftest import ME, Api, events
from waypost.records import PriorTurn
from waypost_chat import unstored

TITLE_REQUESTS = [
    (
        "### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history."
        '\n### Output:\nJSON format: { "title": "your concise title here" }\n### Chat History:\n'
        "<chat_history>\nUSER: How many jobs are closed in Graystone?\nASSISTANT: 12.\n"
        "</chat_history>",
        {"title": "How many jobs are closed in"},
    ),
    (
        "Provide a concise, 5-word-or-less title for the conversation, using title case "
        "conventions. Only return the title itself.\n\nUser: Who may approve overtime?\nAI: x",
        "Who may approve overtime",
    ),
    (
        "Create a short title as a heading for this chat history: Where is the parts store?",
        "Where is the parts store",
    ),
]


@pytest.mark.parametrize(("text", "title"), TITLE_REQUESTS)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_request_for_a_title_is_no_question(
    api: Api, text: str, title: Any, stream: bool
) -> None:
    body = {"model": "waypost", "stream": stream, "messages": [{"role": "user", "content": text}]}
    response = await api.http.post("/openai/v1/chat/completions", json=body, headers=ME)
    if stream:
        frames = events(response.text.replace("data: [DONE]\n\n", ""))
        said = "".join(c["delta"].get("content") or "" for f in frames for c in f["choices"])
        assert frames[-1]["choices"][0]["finish_reason"] == "stop"
    else:
        said = response.json()["choices"][0]["message"]["content"]
    assert (json.loads(said) if isinstance(title, dict) else said) == title
    assert api.model.requests == []
    assert api.item_count() == 0


@pytest.mark.parametrize(
    "text",
    [
        "What is the title of our handbook?",
        "Create a title",
        "Which messages did we give a title in the chat?",
        "Write an overview of the conversation rules for our phone staff.",
    ],
)
def test_a_question_about_titles_is_one(text: str) -> None:
    assert unstored.title_for(text, ()) is None


def test_the_title_is_of_the_turns_that_the_client_carries() -> None:
    turns = (
        PriorTurn(role="user", text="Which van is free on Monday morning at eight?"),
        PriorTurn(role="assistant", text="None."),
    )
    asked = "Please generate a title for our conversation."
    assert unstored.title_for(asked, turns) == "Which van is free on Monday"


async def test_a_run_without_messages_says_nothing(api: Api) -> None:
    body = {"threadId": "t-1", "runId": "r-1", "messages": [], "tools": [], "context": []}
    response = await api.http.post("/api/ag-ui", json=body, headers=ME)
    first, last = events(response.text)
    assert (first["type"], first["threadId"], first["runId"]) == ("RUN_STARTED", "t-1", "r-1")
    assert (last["type"], last["runId"]) == ("RUN_FINISHED", "r-1")
    assert api.item_count() == 0


def respond(*items: dict[str, Any]) -> dict[str, Any]:
    return {"model": "rag", "input": list(items)}


def said(text: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "input_text", "text": text}]}


async def test_an_item_that_is_referred_to_is_read(api: Api) -> None:
    path = "/openai/v1/responses"
    api.model.add_reply("26 days.")
    first = (await api.http.post(path, json=respond(said("How much leave?")), headers=ME)).json()
    (item,) = first["output"]
    api.model.add_reply("Yes.")
    refers = {"type": "item_reference", "id": item["id"]}
    body = respond(said("How much leave?"), refers, said("Is that all?"))
    assert (await api.http.post(path, json=body, headers=ME)).status_code == 200
    told = [m["content"][0]["text"] for m in api.model.requests[-1].messages]
    assert told == ["How much leave?", "26 days.", "Is that all?"]

    stranger = {**ME, "X-User-Id": "somebody-else"}
    for headers, name in ((stranger, item["id"]), (ME, "msg_none"), (ME, "msg_0_0")):
        body = respond(said("x"), {"type": "item_reference", "id": name}, said("y"))
        response = await api.http.post(path, json=body, headers=headers)
        assert response.status_code == 404
        assert response.json()["error"]["code"] == "item_not_found"
        assert name in response.json()["error"]["message"]
