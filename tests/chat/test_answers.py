"""What holds for every answer: HEAD, caches, errors in the protocol's own shape, line ends."""

import pytest

from tests.chat.conftest import ME, Api, answer, events
from waypost_chat import sse

PATHS = ["/", "/health", "/v1/threads", "/openapi.json", "/docs", "/page/app.js", "/api/agents"]


@pytest.mark.parametrize("path", PATHS)
async def test_head_is_get_without_a_body(api: Api, path: str) -> None:
    head = await api.http.head(path, headers=ME)
    got = await api.http.get(path, headers=ME)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


async def test_head_of_a_stream_ends_at_once(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    run = (await api.ask("How much leave?"))[0]["run_id"]
    head = await api.http.head(f"/v1/runs/{run}/events", headers=ME)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"].startswith("text/event-stream")
    assert (await api.http.head("/v1/runs/run_none", headers=ME)).status_code == 404
    assert (await api.http.head("/v1/runs", headers=ME)).status_code == 405


@pytest.mark.parametrize("path", ["/v1/threads", "/api/agents", "/v1/runs/run_none", "/health"])
async def test_no_cache_keeps_a_private_answer(api: Api, path: str) -> None:
    response = await api.http.get(path, headers=ME)
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_tls_is_kept_to_where_it_was_asked_for(api: Api) -> None:
    plain = await api.http.get("/health")
    assert "strict-transport-security" not in plain.headers
    secure = await api.http.get("https://waypost/health")
    assert secure.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    "path",
    ["/v1/threads/", "/docs/", "/health/", "/openai/v1/models/", "/api//", "//evil.example/"],
)
async def test_a_path_with_a_slash_too_many_is_not_found(api: Api, path: str) -> None:
    response = await api.http.get(
        f"http://waypost{path}", headers={**ME, "Host": "evil.example", "Accept": "text/html"}
    )
    assert "location" not in response.headers
    assert response.status_code in (404, 405)


async def test_a_name_is_the_same_in_headers_and_bodies(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | x").add_reply("None.")
    conversation = {"id": "c", "user_id": "jos\u00e9", "company_id": "caf\u00e9"}
    body = {"input": {"message": "Who?"}, "conversation": conversation}
    await api.http.post("/internal/chat/stream", json=body)
    named = {b"X-Tenant-Id": "caf\u00e9".encode(), b"X-User-Id": "jos\u00e9".encode()}
    response = await api.http.get("/v1/threads", headers=named)
    assert [thread["id"] for thread in response.json()["threads"]] == ["c"]


@pytest.mark.parametrize(
    ("method", "path", "content_type", "body", "status", "code"),
    [
        ("GET", "/openai/v1/nothing", "", b"", 404, "not_found"),
        ("DELETE", "/openai/v1/chat/completions", "", b"", 405, "method_not_allowed"),
        ("POST", "/openai/v1/responses", "text/plain", b"x", 415, "unsupported_media_type"),
        (
            "POST",
            "/openai/v1/responses",
            "application/json",
            b"{" * 1_000_001,
            413,
            "body_too_large",
        ),
        ("GET", "/openai/v1/responses/resp_none", "", b"", 404, "response_not_found"),
    ],
)
async def test_errors_are_openais_below_its_path(
    api: Api, method: str, path: str, content_type: str, body: bytes, status: int, code: str
) -> None:
    headers = {**ME, **({"content-type": content_type} if content_type else {})}
    response = await api.http.request(method, path, content=body, headers=headers)
    assert response.status_code == status
    error = response.json()["error"]
    assert (error["code"], error["type"]) == (code, "invalid_request_error")
    assert set(error) == {"message", "type", "param", "code"}


async def test_an_unexpected_error_is_openais_too(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.app.state.backend.registry, "agents_of", None)
    response = await api.http.get("/openai/v1/models", headers=ME)
    assert response.status_code == 500
    assert response.json()["error"]["type"] == "server_error"


LINE_ENDS = "a\u2028b\u2029c\x85d\x0be\x1cf"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/runs", {"input": "Hm?", "agent": "rag"}),
        ("/openai/v1/chat/completions", {"model": "rag", "stream": True}),
        ("/api/ai-sdk/chat", {"id": "chat-1", "agent": "rag"}),
    ],
)
async def test_no_frame_is_cut_where_a_reader_sees_a_line_end(
    api: Api, path: str, body: dict[str, object]
) -> None:
    api.model.add_reply(LINE_ENDS)
    said = {"role": "user", "content": "Hm?", "parts": [{"type": "text", "text": "Hm?"}]}
    if "input" not in body:
        body = {**body, "messages": [said]}
    text = (await api.http.post(path, json=body, headers=ME)).text
    assert text.splitlines() == text.removesuffix("\n").split("\n")
    if path == "/v1/runs":
        assert answer(events(text)) == LINE_ENDS


def test_a_frame_escapes_nothing_else() -> None:
    assert sse.frame('{"a":"\u00fc\u2028"}') == 'data: {"a":"\u00fc\\u2028"}\n\n'.encode()
