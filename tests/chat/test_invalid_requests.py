"""Invalid requests: an error with a code, a message and a request id, and nothing is stored."""

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.chat.conftest import ME, Api, Running

JSON = {"Content-Type": "application/json"}


def error_code(response: Any) -> str:
    error = response.json()["error"]
    assert set(error) - {"allowed"} == {"code", "message", "request_id"}
    assert error["message"]
    assert error["request_id"] == response.headers["x-request-id"]
    return str(error["code"])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"input": ""}, "invalid_request"),
        ({"input": " \n\t"}, "empty_message"),
        ({"input": "x" * 32_001}, "message_too_long"),
        ({"input": 5}, "invalid_request"),
        ({"input": None}, "invalid_request"),
        ({"input": ["x"]}, "invalid_request"),
        ({}, "invalid_request"),
        ([], "invalid_request"),
        ({"input": "x", "inputs": "y"}, "invalid_request"),
        ({"input": "x", "agent": "weather"}, "unknown_agent"),
        ({"input": "x", "agent": 3}, "invalid_request"),
        ({"input": "x", "model": "gpt-9"}, "unknown_model"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/runs", "/v1/threads/conv-1/runs"])
async def test_an_invalid_run_request(api: Api, path: str, body: Any, code: str) -> None:
    response = await api.http.post(path, json=body, headers=ME)
    assert response.status_code == 422
    assert error_code(response) == code
    assert api.item_count() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"input": {"message": ""}},
        {"input": {"message": " "}},
        {"input": {"message": 5}},
        {"input": "text"},
        {"conversation": {"id": "", "user_id": "u", "company_id": "c"}},
        {"conversation": {"id": "c", "user_id": "", "company_id": "c"}},
        {"conversation": {"id": "c", "user_id": "u", "company_id": "a#b"}},
        {"conversation": {"id": "c", "user_id": "u"}},
    ],
)
async def test_an_invalid_internal_request(api: Api, change: dict[str, Any]) -> None:
    body: dict[str, Any] = {
        "input": {"message": "x"},
        "conversation": {"id": "c", "user_id": "u", "company_id": "c"},
    }
    response = await api.http.post("/internal/chat/stream", json=body | change)
    assert response.status_code == 422
    error_code(response)
    assert api.item_count() == 0


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{", "application/json", 422, "invalid_json"),
        (b"\xff\xfe", "application/json", 422, "invalid_json"),
        (b'{"input": "x"}', "text/plain", 415, "unsupported_media_type"),
        (b'{"input": "x"}', "", 415, "unsupported_media_type"),
        (b"x" * 1_000_001, "application/json", 413, "body_too_large"),
    ],
)
async def test_a_body_that_is_not_json(
    api: Api, content: bytes, kind: str, status: int, code: str
) -> None:
    headers = {**ME, "Content-Type": kind} if kind else ME
    response = await api.http.post("/v1/runs", content=content, headers=headers)
    assert response.status_code == status
    assert error_code(response) == code
    assert api.item_count() == 0


async def test_a_message_of_the_maximum_length_is_accepted(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("Yes.")
    assert (await api.ask("x" * 32_000))[-1]["type"] == "run.completed"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/threads/unknown/runs"),
        ("GET", "/v1/threads/unknown"),
        ("PATCH", "/v1/threads/unknown"),
        ("DELETE", "/v1/threads/unknown"),
        ("GET", "/v1/runs/unknown"),
        ("GET", "/v1/nothing"),
        ("GET", "/page/nothing.js"),
        ("GET", "/page/..%2f__init__.py"),
        ("GET", "/page/__init__.py"),
    ],
)
async def test_an_unknown_resource_is_404(api: Api, method: str, path: str) -> None:
    body = {"POST": {"input": "x"}, "PATCH": {"title": "x"}}.get(method)
    response = await api.http.request(method, path, json=body, headers=ME)
    assert response.status_code == 404
    error_code(response)


async def test_resources_of_another_user_or_tenant_are_404(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("Yes.")
    started = (await api.ask("Mine?"))[0]
    thread, run = started["thread_id"], started["run_id"]
    for other in ({**ME, "X-User-Id": "u2"}, {**ME, "X-Tenant-Id": "company-78"}):
        for method, path in (
            ("GET", f"/v1/threads/{thread}"),
            ("DELETE", f"/v1/threads/{thread}"),
            ("GET", f"/v1/runs/{run}"),
            ("POST", f"/v1/threads/{thread}/runs"),
        ):
            body = {"input": "Yours?"} if method == "POST" else None
            response = await api.http.request(method, path, json=body, headers=other)
            assert response.status_code == 404, (method, path)


@pytest.mark.parametrize(
    "headers", [{}, {"X-Tenant-Id": "t"}, {"X-User-Id": "u"}, {"X-Tenant-Id": "", "X-User-Id": "u"}]
)
async def test_a_request_without_an_identity_is_401(api: Api, headers: dict[str, str]) -> None:
    response = await api.http.get("/v1/threads", headers=headers)
    assert response.status_code == 401
    assert error_code(response) == "unauthenticated"


@pytest.mark.parametrize(
    ("method", "path", "headers", "message"),
    [
        ("GET", "/nothing", ME, "Not found."),
        ("DELETE", "/v1/runs", ME, "Method not allowed."),
        ("GET", "/v1/threads", {}, "The caller's identity is missing or not trusted."),
        ("GET", "/v1/threads/none", ME, "Thread not found."),
    ],
)
async def test_messages_are_the_words_that_people_search_for(
    api: Api, method: str, path: str, headers: dict[str, str], message: str
) -> None:
    response = await api.http.request(method, path, headers=headers)
    assert response.json()["error"]["message"].startswith(message)


async def test_identity_headers_can_be_switched_off(
    environment: dict[str, str], running: Running
) -> None:
    environment["WAYPOST_IDENTITY"] = "none"
    async with running(environment) as api:
        assert (await api.http.get("/v1/threads", headers=ME)).status_code == 401
        assert (await api.http.get("/health")).status_code == 200


async def test_a_default_identity_can_be_set(environment: dict[str, str], running: Running) -> None:
    environment["WAYPOST_DEFAULT_IDENTITY"] = "demo/developer"
    async with running(environment) as api:
        assert (await api.http.get("/v1/threads")).json() == {"threads": [], "next_cursor": None}


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "cursor=nonsense"])
async def test_invalid_paging_parameters_are_422(api: Api, query: str) -> None:
    response = await api.http.get(f"/v1/threads?{query}", headers=ME)
    assert response.status_code == 422
    error_code(response)


async def test_an_unexpected_error_shows_no_internals(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("a private text")

    monkeypatch.setattr(api.app.state.backend.table, "recent", broken)
    response = await api.http.get("/v1/threads", headers=ME)
    assert response.status_code == 500
    assert error_code(response) == "internal"
    assert "private" not in response.text + caplog.text


async def test_an_unreachable_table_is_store_unavailable(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="x")

    monkeypatch.setattr(api.app.state.backend.table._client, "query", broken)
    response = await api.http.get("/v1/threads", headers=ME)
    assert response.status_code == 503
    assert error_code(response) == "store_unavailable"
