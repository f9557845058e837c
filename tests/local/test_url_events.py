"""Edge cases of the events that a function URL makes of requests."""

import base64

import pytest

from waypost_local.lambda_.url_events import UrlRequest, from_request, url_id


def event(target: str = "/", body: bytes = b"", **headers: str) -> dict[str, object]:
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return from_request(UrlRequest("POST", target, pairs, "192.0.2.7"), body, "abc")


def test_an_empty_request_has_no_body_no_cookies_and_no_parameters() -> None:
    result = event()
    assert result["isBase64Encoded"] is False
    assert not {"body", "cookies", "queryStringParameters"} & set(result)
    assert result["rawQueryString"] == ""


def test_the_path_stays_as_it_was_sent() -> None:
    assert event("/a%2Fb/%C3%BC?q=%20")["rawPath"] == "/a%2Fb/%C3%BC"
    assert event("/x?a=1?b")["rawQueryString"] == "a=1?b"


def test_the_client_is_in_the_forwarded_headers() -> None:
    headers = event(host="localhost:8080")["headers"]
    assert headers == {
        "host": "localhost:8080",
        "x-forwarded-for": "192.0.2.7",
        "x-forwarded-port": "8080",
        "x-forwarded-proto": "http",
    }


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/json; charset=utf-8", "application/problem+json", "image/svg+xml"],
)
def test_text_stays_text(kind: str) -> None:
    result = event(body="ü".encode(), content_type=kind)
    assert (result["body"], result["isBase64Encoded"]) == ("ü", False)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"a=1", {"content_type": "application/x-www-form-urlencoded"}),
        (b"no type", {}),
        (b"\xff", {"content_type": "application/json"}),
        (b"{}", {"content_type": "application/json", "content_encoding": "gzip"}),
    ],
)
def test_everything_else_is_base64(body: bytes, headers: dict[str, str]) -> None:
    result = event(body=body, **headers)
    assert (result["body"], result["isBase64Encoded"]) == (base64.b64encode(body).decode(), True)


def test_a_url_id_depends_on_the_function_only() -> None:
    assert url_id("Chat") == url_id("Chat") != url_id("Other")
    assert len(url_id("Chat")) == 32
