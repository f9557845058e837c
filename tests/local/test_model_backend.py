"""Which model the setting MODEL names."""

from pathlib import Path

import pytest

from waypost_local.bedrock.openai import OpenAIModel
from waypost_local.bedrock.prompt_cache import PromptCache
from waypost_local.bedrock.relay import Relay
from waypost_local.demo_model import DemoModel
from waypost_local.stack.model_backend import model_backend


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


@pytest.mark.parametrize("setting", ["builtin", "", " builtin "])
def test_the_demo_model(setting: str) -> None:
    model = model_backend(setting)
    assert isinstance(model, PromptCache)
    assert isinstance(model.model, DemoModel)


def test_an_openai_compatible_endpoint() -> None:
    model = model_backend("openai:qwen3:8b@http://127.0.0.1:11434/v1")

    assert isinstance(model, OpenAIModel)
    assert model.model == "qwen3:8b"
    assert model.url == "http://127.0.0.1:11434/v1/chat/completions"


@pytest.mark.parametrize(
    "setting",
    ["gpt", "openai", "openai:x", "openai:@http://x", "openai:x@ftp://x", "bedrock:", "b:c"],
)
def test_anything_else_is_refused_in_one_line(setting: str) -> None:
    with pytest.raises(ValueError, match=r"^MODEL is one of: builtin, openai:.*bedrock") as raised:
        model_backend(setting)

    assert "\n" not in str(raised.value)
    assert repr(setting) in str(raised.value)


def test_bedrock_without_credentials_is_refused_in_one_line(
    no_credentials: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ValueError, match=r"^MODEL=bedrock needs AWS credentials: [^\n]*$"):
        model_backend("bedrock")


def test_bedrock_with_credentials(no_credentials: pytest.MonkeyPatch) -> None:
    no_credentials.setenv("AWS_ACCESS_KEY_ID", "none")
    no_credentials.setenv("AWS_SECRET_ACCESS_KEY", "none")
    no_credentials.setenv("AWS_REGION", "eu-central-1")
    no_credentials.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    # The endpoint of the functions must not be used by the relay behind it.
    no_credentials.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:1")

    model = model_backend("bedrock:amazon.nova-pro-v1:0")

    assert isinstance(model, Relay)
    assert model.endpoint == "https://bedrock-runtime.eu-central-1.amazonaws.com"
