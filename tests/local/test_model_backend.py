"""Which model the setting MODEL names."""

import contextlib
import http.server
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from waypost_local.bedrock.openai import OpenAIModel
from waypost_local.bedrock.prompt_cache import PromptCache
from waypost_local.bedrock.relay import Relay
from waypost_local.demo_model import DemoModel
from waypost_local.stack.model_backend import describe_model, model_backend


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


@contextlib.contextmanager
def endpoint(status: int, body: object, path: str = "/v1/models") -> Iterator[str]:
    """An endpoint that answers one path; any other is not found."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == path
            self.send_response(status if found else 404)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


@pytest.mark.server
@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, {"data": [{"id": "llama3.2:latest"}]}, "which answers"),
        (200, {"data": [{"id": "qwen3"}]}, "it does not know the model llama3.2; it has qwen3"),
        (401, {}, "it answered 401; set OPENAI_API_KEY"),
        (500, {"error": "out of memory"}, "it answered 500"),
    ],
)
async def test_the_start_says_whether_the_endpoint_answers(
    status: int, body: object, said: str
) -> None:
    with endpoint(status, body) as url:
        assert said in await describe_model(f"openai:llama3.2@{url}")


@pytest.mark.server
async def test_an_endpoint_that_lists_no_models_is_asked() -> None:
    with endpoint(200, {}, "/v1/chat/completions") as url:
        assert (await describe_model(f"openai:llama3.2@{url}")).endswith("which answers")


@pytest.mark.server
async def test_nobody_at_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    said = await describe_model(f"openai:llama3.2@http://127.0.0.1:{port}/v1")

    assert "it refuses the connection" in said


@pytest.mark.server
async def test_an_endpoint_that_says_nothing_costs_three_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        assert "within 3 seconds" in await describe_model(f"openai:llama3.2@{url}")
