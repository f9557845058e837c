"""Callers that name their user: only with AWS's signature, or on one machine."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from tests.chat.conftest import ME, ROOT, Api, Running

PRINCIPAL = "arn:aws:sts::111122223333:assumed-role/web-backend/i-1"
SIGNED = {"authorizer": {"iam": {"userArn": PRINCIPAL, "accountId": "111122223333"}}}
REST = {"identity": {"userArn": PRINCIPAL, "sourceIp": "198.51.100.4"}}
INTERNAL = json.loads(json.loads((ROOT / "events/internal-chat.json").read_text())["body"])


@asynccontextmanager
async def client(
    app: FastAPI, context: dict[str, Any] | None, address: str = "127.0.0.1"
) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose requests come as Lambda events with this `requestContext`, or without one."""

    async def as_invocation(scope: Scope, receive: Receive, send: Send) -> None:
        event = {} if context is None else {"aws.event": {"requestContext": context}}
        await app({**scope, **event}, receive, send)

    transport = httpx.ASGITransport(as_invocation, client=(address, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://waypost") as http:
        yield http


@pytest.mark.parametrize("context", [SIGNED, REST])
async def test_a_signed_caller_names_its_user_and_is_logged(
    environment: dict[str, str],
    running: Running,
    caplog: pytest.LogCaptureFixture,
    context: dict[str, Any],
) -> None:
    caplog.set_level("INFO")
    environment["WAYPOST_IDENTITY"] = "caller"
    async with running(environment) as api, client(api.app, context) as http:
        assert (await http.get("/v1/threads", headers=ME)).status_code == 200
        assert (await http.get("/v1/threads")).status_code == 401
        api.model.add_reply("26 days.")
        assert (await http.post("/internal/chat/stream", json=INTERNAL)).status_code == 200
    assert PRINCIPAL in [vars(record).get("principal") for record in caplog.records]
    assert ME["X-User-Id"] not in caplog.text


@pytest.mark.parametrize(
    "context",
    [
        None,
        {},
        {"authorizer": None},
        {"authorizer": {"iam": None}},
        {"authorizer": {"iam": {"userArn": ""}}},
        {"authorizer": {"jwt": {"claims": {"sub": "x"}}}},
        {"identity": {"userArn": None, "sourceIp": "198.51.100.4"}},
    ],
)
async def test_a_caller_without_a_signature_is_refused(
    environment: dict[str, str], running: Running, context: dict[str, Any] | None
) -> None:
    environment["WAYPOST_IDENTITY"] = "caller"
    async with running(environment) as api, client(api.app, context) as http:
        for response in (
            await http.get("/v1/threads", headers=ME),
            await http.get("/openai/v1/models", headers=ME),
            await http.post("/internal/chat/stream", json=INTERNAL),
        ):
            assert response.status_code == 401
            assert response.json()["error"]["code"] == "unauthenticated"
            assert "www-authenticate" not in response.headers


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("127.0.0.1", 200),
        ("::1", 200),
        ("192.168.1.20", 200),
        ("testclient", 200),
        ("8.8.4.4", 401),
        ("2606:4700::1111", 401),
    ],
)
async def test_development_is_not_for_the_internet(api: Api, address: str, status: int) -> None:
    async with client(api.app, SIGNED, address) as http:
        assert (await http.get("/v1/threads", headers=ME)).status_code == status
