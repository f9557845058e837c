"""The relay to Bedrock. A second local server stands for AWS."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.bedrock.local_bedrock import (
    CALL,
    HELLO,
    TOOL,
    ScriptedModel,
    client,
    on_a_port,
    text_of,
    unreachable_url,
)
from waypost_local.bedrock import app
from waypost_local.bedrock.model import TextPiece
from waypost_local.bedrock.relay import Relay

pytestmark = pytest.mark.server


def relayed(far: str, model: str | None = None, fault: str = "") -> Any:
    return app(Relay(model, client(far, fault)))


def test_a_relayed_response_is_that_of_the_far_server() -> None:
    model = ScriptedModel((TextPiece("Well."), *CALL), "tool_use")
    request = {**HELLO, "toolConfig": {"tools": [TOOL]}, "inferenceConfig": {"maxTokens": 99}}
    with on_a_port(app(model)) as far, on_a_port(relayed(far, "amazon.nova-pro-v1:0")) as near:
        events = list(client(near).converse_stream(**request)["stream"])
        whole = client(near).converse(**request)

    assert text_of(events) == "Well."
    assert events[-2] == {"messageStop": {"stopReason": "tool_use"}}
    assert whole["output"]["message"]["content"][1]["toolUse"]["input"] == {"sql": "select 1"}
    assert {received.model_id for received in model.requests} == {"amazon.nova-pro-v1:0"}
    assert model.requests[0].max_tokens == 99


@pytest.mark.parametrize("kind", ["throttling", "access_denied"])
def test_a_relayed_refusal_keeps_its_code(bedrock_url: str, kind: str) -> None:
    code = {"throttling": "ThrottlingException", "access_denied": "AccessDeniedException"}[kind]
    with on_a_port(relayed(bedrock_url, fault=kind)) as near, pytest.raises(ClientError) as raised:
        client(near).converse_stream(**HELLO)

    assert raised.value.response["Error"]["Code"] == code


def test_a_relayed_exception_stays_in_the_stream(bedrock_url: str) -> None:
    with on_a_port(relayed(bedrock_url, fault="exception_after;after=1")) as near:
        events = iter(client(near).converse_stream(**HELLO)["stream"])
        assert text_of([next(events), next(events)]) == "One"
        with pytest.raises(Exception, match="throttlingException"):
            next(events)


def test_an_unreachable_bedrock_is_unavailable() -> None:
    with (
        unreachable_url() as far,
        on_a_port(relayed(far)) as near,
        pytest.raises(ClientError) as raised,
    ):
        client(near).converse(**HELLO)

    assert raised.value.response["Error"]["Code"] == "ServiceUnavailableException"
