"""What is compressed for clients that accept it: the page and JSON, and no stream."""

import re

import pytest

from tests.chat.conftest import ME, Api, answer, events

GZIP = {"Accept-Encoding": "gzip"}


@pytest.mark.parametrize("path", ["/page/app.js", "/page/docs.js", "/openapi.json", "/api/agents"])
async def test_pages_and_json_are_compressed(api: Api, path: str) -> None:
    plain = await api.http.get(path, headers={**ME, "Accept-Encoding": "identity"})
    compressed = await api.http.get(path, headers={**ME, **GZIP})

    assert "content-encoding" not in plain.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in compressed.headers["vary"].lower()
    assert compressed.content == plain.content
    assert int(compressed.headers["content-length"]) < len(plain.content) / 2


async def test_a_stream_is_not_held_back(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply(*["26 "] * 500)
    response = await api.http.post("/v1/runs", json={"input": "How?"}, headers={**ME, **GZIP})

    assert "content-encoding" not in response.headers
    assert answer(events(response.text)).startswith("26 26")


async def test_a_page_that_the_browser_has_is_not_sent_again(api: Api) -> None:
    first = await api.http.get("/page/app.js", headers=GZIP)
    again = await api.http.get(
        "/page/app.js", headers={**GZIP, "If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


async def test_the_pages_files_are_kept_for_ever_by_names_that_change_with_them(api: Api) -> None:
    page = (await api.http.get("/", headers={"Accept": "text/html"})).text
    names = re.findall(r'"(/page/[^"]+)"', page)
    assert len(set(names)) >= 3
    for name in names:
        found = await api.http.get(name)
        assert (found.status_code, "immutable" in found.headers["cache-control"]) == (200, True)
    older = re.sub(r"\.[0-9a-f]{16}\.", ".0123456789abcdef.", names[-1])
    found = await api.http.get(older)
    assert (found.status_code, found.headers["cache-control"]) == (200, "no-cache")
    assert (await api.http.get("/page/nothing.0123456789abcdef.js")).status_code == 404
