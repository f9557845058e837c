"""The sample events are requests that the app has a route for, one for each route."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Match

from tests import template
from tests.chat.conftest import ROOT, Api
from waypost_chat.factory import with_all_routes

SAMPLES = {path: json.loads(path.read_text()) for path in (ROOT / "events").glob("*.json")}
EVENTS = sorted(path for path, event in SAMPLES.items() if "Records" not in event)
QUEUED = sorted(SAMPLES.keys() - EVENTS)


def request(event: dict[str, Any]) -> tuple[str, str]:
    http = event["requestContext"]["http"]
    assert http["path"] == event["rawPath"]
    return http["method"], event["rawPath"]


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
async def test_an_event_is_complete_and_has_a_route(api: Api, path: Path) -> None:
    event = json.loads(path.read_text())
    assert event["version"] == "2.0"
    assert event["headers"]["host"].endswith(".lambda-url.us-east-1.on.aws")
    method, target = request(event)
    scope = {"type": "http", "method": method, "path": target, "headers": [], "app": api.app}
    assert any(route.matches(scope)[0] is Match.FULL for route in with_all_routes(api.app).routes)


async def test_every_route_of_the_api_has_an_event(api: Api) -> None:
    have = [request(json.loads(path.read_text())) for path in EVENTS]
    for path, methods in api.app.openapi()["paths"].items():
        stem = path.partition("{")[0]
        for method in methods:
            assert any(m == method.upper() and p.startswith(stem) for m, p in have), path


@pytest.mark.parametrize("path", QUEUED, ids=lambda path: path.stem)
def test_an_event_of_a_queue_names_a_queue_of_the_template(path: Path) -> None:
    (record,) = json.loads(path.read_text())["Records"]

    assert record["eventSource"] == "aws:sqs"
    queue = record["eventSourceARN"].rpartition(":")[2]
    assert template.resources()[queue]["Type"] == "AWS::SQS::Queue"
    assert json.loads(record["body"])
