"""One event through the emulator binary that aws-sam-cli carries."""

import json
import platform
from pathlib import Path

import pytest

from tests.local.conftest import TEMPLATE
from waypost_local import cli, invoke
from waypost_local.errors import CommandError
from waypost_local.lambda_.url_events import UrlRequest, from_request

pytestmark = pytest.mark.server


@pytest.fixture
def event(tmp_path: Path) -> Path:
    path = tmp_path / "event.json"
    request = UrlRequest("GET", "/event?q=1", [("host", "localhost")], "192.0.2.1")
    path.write_text(json.dumps(from_request(request, b"", "abc")))
    return path


@pytest.fixture
def emulator() -> Path:
    try:
        return invoke.emulator_path()
    except CommandError as error:
        pytest.skip(str(error))


def run(event: Path, *arguments: str) -> int:
    return cli.main(["invoke", str(event), "--template", str(TEMPLATE), *arguments])


@pytest.mark.usefixtures("emulator")
def test_an_event_is_answered_and_its_body_can_be_read(
    event: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(event) == 0
    head, _, body = capsys.readouterr().out.partition("\n\n")
    assert json.loads(head)["statusCode"] == 200
    assert json.loads(head)["headers"]["content-type"] == "application/json"
    assert json.loads(body)["rawQueryString"] == "q=1"


@pytest.mark.usefixtures("emulator")
def test_a_function_that_fails_is_exit_code_1(
    event: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(event, "--parameter", "Handler=tiny.failing") == 1
    assert json.loads(capsys.readouterr().out)["errorType"] == "ValueError"


def test_an_event_must_be_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "event.json").write_text("{")
    assert run(tmp_path / "event.json") == 2
    assert "event.json: it is not JSON" in capsys.readouterr().err
    assert run(tmp_path / "none.json") == 2
    assert "none.json: No such file or directory" in capsys.readouterr().err


@pytest.mark.usefixtures("emulator")
def test_an_unsupported_cpu_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(CommandError, match=r"x86_64 and arm64; this is \w+ on riscv64"):
        invoke.emulator_path()


@pytest.mark.parametrize(
    ("response", "text", "failed"),
    [
        ({"statusCode": 200, "body": '{"a":1}'}, '{\n  "statusCode": 200\n}\n\n{\n  "a": 1\n}', 0),
        (
            {"statusCode": 200, "body": "aGk=", "isBase64Encoded": True},
            '{\n  "statusCode": 200\n}\n\nhi',
            0,
        ),
        ({"statusCode": 404, "body": None}, '{\n  "statusCode": 404\n}\n\n', 1),
        ({"errorType": "E"}, '{\n  "errorType": "E"\n}', 1),
        ([1], "[\n  1\n]", 0),
    ],
)
def test_responses_are_printed_readably(response: object, text: str, failed: int) -> None:
    assert invoke.readable(response) == text
    assert invoke.is_error(response) is bool(failed)
