"""Log records in Lambda's formats."""

import asyncio
import json
import logging
import os
import re
import sys
from typing import Any

import pytest

from tests.runtime.conftest import Spawn
from tests.runtime.lambda_api import PREFIX, LambdaApi
from waypost_runtime import context, logs

LOGGING = """
import logging, threading
log = logging.getLogger("shop")

def handler(event, context):
    log.info("at info")
    work = threading.Thread(target=log.warning, args=("sold %d", 3), kwargs={"extra": {"sku": "x"}})
    work.start()
    work.join()
    print("printed")
"""
JSON = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}


@pytest.fixture
def current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        logs, "current", context.LambdaContext("request-1", "arn", 0, tenant_id="acme")
    )


def record(level: int = logging.INFO, msg: Any = "hello", **fields: Any) -> logging.LogRecord:
    return logging.makeLogRecord(
        {
            "name": "shop",
            "levelno": level,
            "levelname": logging.getLevelName(level),
            "msg": msg,
            "created": 1773342238.39,
            "msecs": 390.0,
            **fields,
        }
    )


async def _output(api: LambdaApi, process: asyncio.subprocess.Process) -> list[str]:
    await api.ask({})
    await api.wait_for_request(f"GET {PREFIX}/invocation/next", times=2)
    process.terminate()
    output, _ = await process.communicate()
    return output.decode().splitlines()


async def test_text_lines_at_the_default_level(api: LambdaApi, spawn: Spawn) -> None:
    lines = await _output(api, await spawn(LOGGING))

    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert len(lines) == 2
    assert re.fullmatch(rf"\[WARNING\]\t{stamp}\trequest-1\tsold 3 sku=x", lines[0])
    assert lines[1] == "printed"


async def test_json_lines_at_the_configured_level(api: LambdaApi, spawn: Spawn) -> None:
    lines = await _output(api, await spawn(LOGGING, **JSON))

    first, second = json.loads(lines[0]), json.loads(lines[1])
    assert (first["level"], first["message"]) == ("INFO", "at info")
    assert second.pop("timestamp")
    assert second == {
        "level": "WARNING",
        "message": "sold 3",
        "logger": "shop",
        "requestId": "request-1",
        "sku": "x",
    }


async def test_frames_go_to_the_telemetry_descriptor(api: LambdaApi, spawn: Spawn) -> None:
    reading, writing = os.pipe()
    fd = {"_LAMBDA_TELEMETRY_LOG_FD": str(writing)}
    process = await spawn(LOGGING, pass_fds=(writing,), **JSON, **fd)
    os.close(writing)

    printed = await _output(api, process)

    with os.fdopen(reading, "rb") as pipe:
        framed = pipe.read()
    assert printed == ["printed"]
    kind, size = framed[:4], int.from_bytes(framed[4:8], "big")
    assert kind == bytes.fromhex("a55a000e")
    assert json.loads(framed[16 : 16 + size])["message"] == "at info"
    assert framed[16 + size :][:4] == bytes.fromhex("a55a0012")


@pytest.mark.parametrize("json_lines", [True, False])
def test_frame_types_are_awslambdarics(json_lines: bool) -> None:
    theirs = pytest.importorskip("awslambdaric.lambda_runtime_log_utils")
    types = theirs._JSON_FRAME_TYPES if json_lines else theirs._TEXT_FRAME_TYPES
    written: list[bytes] = []

    class Sink:
        write = staticmethod(written.append)

    frames = logs.Frames(Sink(), json_lines=json_lines)  # type: ignore[arg-type]
    for level in types:
        frames.emit(record(level))

    assert [frame[:4] for frame in written] == list(types.values())
    assert written[0][4:16] == (6).to_bytes(4, "big") + (1773342238390000).to_bytes(8, "big")
    assert written[0][16:] == b"hello\n"


@pytest.mark.usefixtures("current")
def test_json_lines_have_the_fields_of_awslambdarics() -> None:
    theirs = pytest.importorskip("awslambdaric.lambda_runtime_log_utils").JsonFormatter()
    try:
        raise ValueError("no stock")
    except ValueError:
        failed = record(
            logging.ERROR, exc_info=sys.exc_info(), sku="x", pathname="p.py", funcName="f", lineno=7
        )

    ours = json.loads(logs.JsonLines().format(failed))
    failed.aws_request_id, failed.tenant_id = "request-1", "acme"
    expected = json.loads(theirs.format(failed))

    assert ours.pop("stackTrace")[-1] == "ValueError: no stock"
    assert expected.pop("stackTrace")
    assert ours.pop("timestamp") == "2026-03-12T19:03:58.390Z"
    assert expected.pop("timestamp") == "2026-03-12T19:03:58Z"
    assert ours == expected


@pytest.mark.usefixtures("current")
def test_a_dict_is_logged_as_an_object() -> None:
    assert json.loads(logs.JsonLines().format(record(msg={"a": 1})))["message"] == {"a": 1}


LEVELS = {None: "WARNING", "debug": "DEBUG", "TRACE": "DEBUG", "FATAL": "CRITICAL", "?": "WARNING"}


@pytest.mark.parametrize(("name", "level"), LEVELS.items())
def test_level_names_are_mapped_to_pythons(name: str | None, level: str) -> None:
    assert logging.getLevelName(logs._level(name)) == level
