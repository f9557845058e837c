"""OpenAI's own client for Python, with nothing changed but its base URL."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam
from openai.types.responses import Response, ResponseStreamEvent

from tests.clients.conftest import LocalStack
from tests.dialects.recorded_runs import RUNS, wire
from waypost_chat import sse

QUESTION = "How many technicians are active?"
MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": QUESTION}]
ANSWER = "There are 13 active technicians."


@pytest.fixture
def client(stack: LocalStack) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{stack.url}/openai/v1", api_key="unused", max_retries=0) as client:
        yield client


def content_of(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def test_models_are_listed_and_retrieved(client: OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert names[0] == "waypost"
    assert client.models.retrieve("sql").id == "sql"


def test_a_completion(client: OpenAI) -> None:
    completion = client.chat.completions.create(model="waypost", messages=MESSAGES)
    assert completion.choices[0].message.content == ANSWER
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage
    assert completion.usage.prompt_tokens > completion.usage.completion_tokens > 0


def test_a_completion_in_chunks_with_usage(client: OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model="sql", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
        )
    )
    assert content_of(chunks) == ANSWER
    assert len(chunks) > 4
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage
    assert chunks[-1].usage.total_tokens > 0


def test_the_stream_helper_has_the_same_completion(client: OpenAI) -> None:
    with client.chat.completions.stream(model="sql", messages=MESSAGES) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
        whole = stream.get_final_completion()
    assert "".join(deltas) == whole.choices[0].message.content == ANSWER


def test_a_conversation_in_the_clients_messages(client: OpenAI) -> None:
    turns: list[ChatCompletionMessageParam] = [
        *MESSAGES,
        {"role": "assistant", "content": ANSWER},
        {"role": "user", "content": "List their names."},
    ]
    completion = client.chat.completions.create(model="sql", messages=turns)
    assert len(str(completion.choices[0].message.content).splitlines()) == 13


def test_errors_are_the_clients_own_exceptions(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="gpt-9", messages=MESSAGES)
    assert (missing.value.code, missing.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="sql", messages=[{"role": "user", "content": " "}])
    assert refused.value.code == "empty_message"
    assert refused.value.request_id
    with pytest.raises(openai.BadRequestError) as unsupported:
        client.chat.completions.create(model="sql", messages=MESSAGES, n=3)
    assert unsupported.value.param == "n"


def test_a_failed_model_is_an_error_in_a_stream_and_a_status_without_one(
    client: OpenAI, stack: LocalStack
) -> None:
    stack.fail("cut_after", after=2)
    heard: list[ChatCompletionChunk] = []
    with pytest.raises(openai.APIError) as broken:
        heard.extend(client.chat.completions.create(model="rag", messages=MESSAGES, stream=True))
    assert broken.value.code == "model_failed"
    stack.fail("access_denied")
    with pytest.raises(openai.InternalServerError) as failed:
        client.chat.completions.create(model="rag", messages=MESSAGES)
    assert failed.value.code == "model_refused"
    assert failed.value.response.headers["x-should-retry"] == "false"


def test_the_client_retries_what_is_retryable(client: OpenAI, stack: LocalStack) -> None:
    stack.fail("throttling", times=3)
    patient = client.with_options(max_retries=2)
    assert patient.chat.completions.create(model="sql", messages=MESSAGES).choices


def text_of(events: list[ResponseStreamEvent]) -> str:
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


def test_a_response(client: OpenAI) -> None:
    response = client.responses.create(model="waypost", input=QUESTION)
    assert (response.status, response.output_text) == ("completed", ANSWER)
    assert response.metadata == {"agent": "sql", "agent_version": "1"}
    call = response.output[0]
    assert call.type == "mcp_call"
    assert "technicians" in json.loads(call.arguments)["sql"]
    assert json.loads(call.output or "")["rows"] == [[13]]
    assert client.responses.retrieve(response.id) == response


def test_a_response_is_streamed_and_resumed_after_each_event(client: OpenAI) -> None:
    events = list(client.responses.create(model="sql", input=QUESTION, stream=True))
    assert text_of(events) == ANSWER
    assert [event.sequence_number for event in events] == list(range(len(events)))
    first, last = events[0], events[-1]
    assert first.type == "response.created"
    assert last.type == "response.completed"
    assert last.response.output_text == ANSWER
    for known in (0, 5, len(events) - 2):
        rest = client.responses.retrieve(first.response.id, stream=True, starting_after=known)
        assert list(rest) == events[known + 1 :]


def test_the_stream_helper_of_responses(client: OpenAI) -> None:
    with client.responses.stream(model="sql", input=QUESTION) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert "".join(deltas) == final.output_text == ANSWER
    with client.responses.stream(response_id=final.id, starting_after=4) as stream:
        assert stream.get_final_response().output_text == ANSWER


def test_documents_are_cited_as_files(client: OpenAI) -> None:
    response = client.responses.create(
        model="rag", input="How many days of annual leave are there?"
    )
    (message,) = [item for item in response.output if item.type == "message"]
    (text,) = message.content
    assert text.type == "output_text"
    assert {citation.type for citation in text.annotations} == {"file_citation"}


def test_previous_response_id_continues_a_conversation(client: OpenAI) -> None:
    first = client.responses.create(model="sql", input=QUESTION)
    second = client.responses.create(
        model="sql", input="List their names.", previous_response_id=first.id
    )
    assert second.conversation == first.conversation
    assert second.id != first.id
    assert second.output_text
    with pytest.raises(openai.BadRequestError) as missing:
        client.responses.create(model="sql", input="Hm?", previous_response_id="resp_none")
    assert missing.value.code == "previous_response_not_found"


def test_a_live_response_is_left_resumed_and_cancelled(client: OpenAI, stack: LocalStack) -> None:
    stack.fail("stall_after", after=2, seconds=60)
    begun = client.responses.create(model="rag", input="What is the leave?", stream=True)
    events = iter(begun)
    first = next(events)
    assert first.type == "response.created"
    received = [first, *(next(events) for _ in range(3))]
    begun.close()
    now = client.responses.retrieve(first.response.id)
    assert now.status == "in_progress"
    following = client.responses.retrieve(
        first.response.id, stream=True, starting_after=received[-1].sequence_number
    )
    client.responses.cancel(first.response.id)
    rest = list(following)
    assert rest[0].sequence_number == len(received)
    assert ends(rest[-1]).status == "cancelled"
    assert client.responses.cancel(first.response.id) == ends(rest[-1])


def ends(event: ResponseStreamEvent) -> Response:
    assert event.type == "response.incomplete"
    return event.response


def test_a_failed_response_has_an_error(client: OpenAI, stack: LocalStack) -> None:
    stack.fail("access_denied")
    failed = client.responses.create(model="rag", input="What is the leave?")
    assert failed.status == "failed"
    assert failed.error
    assert failed.error.code == "server_error"
    with pytest.raises(openai.NotFoundError) as missing:
        client.responses.retrieve("resp_none")
    assert missing.value.code == "response_not_found"


def test_the_background_needs_a_stream_on_a_function(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(model="sql", input=QUESTION, background=True)
    assert refused.value.code == "background_needs_stream"
    streamed = client.responses.create(model="sql", input=QUESTION, background=True, stream=True)
    *_, last = streamed
    assert last.type == "response.completed"
    assert last.response.background is True


def test_a_key_makes_the_request_safe_to_send_again(client: OpenAI) -> None:
    key = {"Idempotency-Key": "python-1"}
    first, again = [
        client.responses.create(model="sql", input=QUESTION, extra_headers=key) for _ in range(2)
    ]
    assert first == again


async def test_the_asynchronous_client(stack: LocalStack) -> None:
    url = f"{stack.url}/openai/v1"
    async with openai.AsyncOpenAI(base_url=url, api_key="unused", max_retries=0) as client:
        stream = await client.chat.completions.create(model="sql", messages=MESSAGES, stream=True)
        assert content_of([chunk async for chunk in stream]) == ANSWER


def test_the_bearer_token_is_ignored(stack: LocalStack) -> None:
    for headers in ({}, {"Authorization": "Bearer whatever"}):
        answered = httpx.get(f"{stack.url}/openai/v1/models", headers=headers)
        assert answered.status_code == 200


def replaying(dialect: str, run: str) -> OpenAI:
    """A client whose responses are a recorded run in a dialect."""
    body = sse.OPENING + wire(dialect, RUNS[run]) + sse.HEARTBEAT
    answer = httpx.Response(200, content=body, headers={"content-type": sse.MEDIA_TYPE})
    http: Any = httpx.Client(transport=httpx.MockTransport(lambda _: answer))
    return OpenAI(base_url="http://waypost", api_key="unused", http_client=http, max_retries=0)


@pytest.mark.parametrize("run", RUNS)
def test_recorded_runs_are_read_as_chunks(run: str) -> None:
    client = replaying("openai-chat", run)
    heard: list[ChatCompletionChunk] = []
    stream = client.chat.completions.create(model="waypost", messages=MESSAGES, stream=True)
    if run in ("failed", "failed_partial", "cancelled"):
        with pytest.raises(openai.APIError):
            heard.extend(stream)
        assert [chunk.choices[0].finish_reason for chunk in heard] == [None] * len(heard)
    else:
        heard.extend(stream)
        assert heard[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("run", RUNS)
def test_recorded_runs_are_accumulated_by_the_stream_helper(run: str) -> None:
    """The helper checks that each event fits those before it."""
    events: list[ResponseStreamEvent] = []
    with replaying("openai-responses", run).responses.stream(model="w", input="Hm?") as stream:
        events.extend(stream)
    ended = {"failed": "failed", "failed_partial": "failed", "cancelled": "incomplete"}
    assert events[-1].type == f"response.{ended.get(run, 'completed')}"
