"""Which model a setting names, and Bedrock itself behind the wire."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.bedrock.stand_in import CALL, HELLO, TOOL, Scripted, client, on_a_port, text_of
from waypost_local.bedrock import app, backend
from waypost_local.bedrock.keeping import Keeping
from waypost_local.bedrock.model import Text
from waypost_local.bedrock.openai import OpenAI
from waypost_local.bedrock.relay import Relay
from waypost_local.builtin import Builtin


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


@pytest.mark.parametrize("spec", ["builtin", "", " builtin "])
def test_the_built_in_model(spec: str) -> None:
    model = backend(spec)
    assert isinstance(model, Keeping)
    assert isinstance(model.model, Builtin)


def test_an_endpoint() -> None:
    model = backend("openai:qwen3:8b@http://127.0.0.1:11434/v1")

    assert isinstance(model, OpenAI)
    assert model.model == "qwen3:8b"
    assert model.url == "http://127.0.0.1:11434/v1/chat/completions"


@pytest.mark.parametrize(
    "spec", ["gpt", "openai", "openai:x", "openai:@http://x", "openai:x@ftp://x", "bedrock:", "b:c"]
)
def test_anything_else_is_refused_in_one_line(spec: str) -> None:
    with pytest.raises(ValueError, match=r"^MODEL is one of: builtin, openai:.*bedrock") as raised:
        backend(spec)

    assert "\n" not in str(raised.value)
    assert repr(spec) in str(raised.value)


def test_bedrock_without_credentials_is_refused_in_one_line(
    no_credentials: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ValueError, match=r"^MODEL=bedrock needs AWS credentials: [^\n]*$"):
        backend("bedrock")


def test_bedrock_with_credentials(no_credentials: pytest.MonkeyPatch) -> None:
    no_credentials.setenv("AWS_ACCESS_KEY_ID", "none")
    no_credentials.setenv("AWS_SECRET_ACCESS_KEY", "none")
    no_credentials.setenv("AWS_REGION", "eu-central-1")
    no_credentials.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    # What points the functions at the stand-in must not point the stand-in at itself.
    no_credentials.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:1")

    model = backend("bedrock:amazon.nova-pro-v1:0")

    assert isinstance(model, Relay)
    assert model.endpoint == "https://bedrock-runtime.eu-central-1.amazonaws.com"


def relayed(far: str, model: str | None = None) -> Any:
    return app(Relay(model, client(far)))


def test_a_relayed_answer_is_the_one_from_afar() -> None:
    behind = Scripted((Text("Well."), *CALL), "tool_use")
    asked = {**HELLO, "toolConfig": {"tools": [TOOL]}, "inferenceConfig": {"maxTokens": 99}}
    with on_a_port(app(behind)) as far, on_a_port(relayed(far, "amazon.nova-pro-v1:0")) as near:
        events = list(client(near).converse_stream(**asked)["stream"])
        whole = client(near).converse(**asked)

    assert text_of(events) == "Well."
    assert events[-2] == {"messageStop": {"stopReason": "tool_use"}}
    assert whole["output"]["message"]["content"][1]["toolUse"]["input"] == {"sql": "select 1"}
    assert {request.model_id for request in behind.asked} == {"amazon.nova-pro-v1:0"}
    assert behind.asked[0].max_tokens == 99


@pytest.mark.parametrize("kind", ["throttling", "access_denied"])
def test_a_relayed_refusal_keeps_its_code(kind: str) -> None:
    code = {"throttling": "ThrottlingException", "access_denied": "AccessDeniedException"}[kind]
    with on_a_port(app(Scripted())) as far:
        relay = app(Relay(None, client(far, kind)))
        with on_a_port(relay) as near, pytest.raises(ClientError) as raised:
            client(near).converse_stream(**HELLO)

    assert raised.value.response["Error"]["Code"] == code


def test_a_relayed_exception_stays_in_the_stream() -> None:
    with on_a_port(app(Scripted())) as far:
        relay = app(Relay(None, client(far, "exception_after;after=1")))
        with on_a_port(relay) as near:
            events = iter(client(near).converse_stream(**HELLO)["stream"])
            assert text_of([next(events), next(events)]) == "One"
            with pytest.raises(Exception, match="throttlingException"):
                next(events)


def test_bedrock_out_of_reach_is_unavailable() -> None:
    with on_a_port(app(Scripted())) as gone:
        pass
    with on_a_port(relayed(gone)) as near, pytest.raises(ClientError) as raised:
        client(near).converse(**HELLO)

    assert raised.value.response["Error"]["Code"] == "ServiceUnavailableException"
