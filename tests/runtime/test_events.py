"""ASGI scopes of recorded events, compared with mangum's."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mangum import Mangum

from tests.runtime.conftest import recorded, url_event
from waypost_runtime import events
from waypost_runtime.context import LambdaContext
from waypost_runtime.failures import MalformedEvent

CONTEXT = LambdaContext("request-1", "arn", 4102444800500)
HTTP = [
    "function-url-get",
    "function-url-post",
    "http-api-v2",
    "http-api-v1",
    "rest-v1",
    "rest-v1-bare",
]


def scope_of(event: Any) -> dict[str, Any]:
    shape = events.shape_of(event)
    assert shape
    return events.scope_of(shape, event, CONTEXT)


async def _app(scope: Any, receive: Any, send: Any) -> None: ...


@pytest.mark.parametrize("name", HTTP)
def test_a_scope_is_the_same_as_mangums(name: str) -> None:
    event = recorded(name)
    theirs = Mangum(_app, lifespan="off").infer(event, CONTEXT)  # type: ignore[arg-type]

    ours = scope_of(event)

    expected = {**theirs.scope, "asgi": {"version": "3.0", "spec_version": "2.4"}}
    expected["headers"] = sorted((n, v) for n, v in expected["headers"])
    del expected["raw_path"]  # mangum knows none
    del expected["root_path"]  # nor that a stage is none of the app's path
    named = {key: ours[key] for key in expected} | {"headers": sorted(ours["headers"])}
    if ours["server"][0] == "lambda":
        expected["server"] = ("lambda", 80)  # without a host header mangum names itself
    assert named == expected
    assert events.body_of(event) == theirs.body


def test_a_function_urls_scope() -> None:
    scope = scope_of(recorded("function-url-get"))

    assert scope["path"] == "/café/a/b"
    assert scope["raw_path"] == b"/caf%C3%A9/a%2Fb"
    assert scope["query_string"] == b"q=%C3%BCber+alles&tag=a&tag=b&empty="
    assert (b"cookie", b"session=abc123; theme=dark") in scope["headers"]
    assert scope["client"] == ("192.0.2.44", 0)
    assert scope["server"] == ("abcdefghijklmnop.lambda-url.us-east-1.on.aws", 443)
    assert scope["aws.event"]["requestContext"]["accountId"] == "anonymous"
    assert scope["aws.context"] is CONTEXT
    assert scope["aws.deadline"] == 4102444800.5


def test_a_path_that_the_gateway_has_decoded_is_encoded_again() -> None:
    scope = scope_of(recorded("http-api-v2"))

    assert scope["path"] == "/prod/naïve path"
    assert scope["raw_path"] == b"/prod/na%C3%AFve%20path"


def test_a_binary_body() -> None:
    assert events.body_of(recorded("function-url-post")) == b"\x00\xff\xfe\x80A"


def test_a_rest_apis_repeated_cookies_are_one_header() -> None:
    event = recorded("rest-v1")
    event["multiValueHeaders"]["Cookie"] = ["a=1", "b=2"]

    assert (b"cookie", b"a=1; b=2") in scope_of(event)["headers"]


@pytest.mark.parametrize(
    ("headers", "server"),
    [
        ({"host": "127.0.0.1:8080"}, ("127.0.0.1", 8080)),
        ({"host": "[::1]:8080"}, ("[::1]", 8080)),
        ({"host": "[::1]"}, ("[::1]", 80)),
        ({"host": "odd:port"}, ("odd:port", 80)),
        ({"host": "h", "x-forwarded-port": "odd"}, ("h", 80)),
        ({"host": "h", "x-forwarded-port": "²"}, ("h", 80)),
    ],
)
def test_a_client_cannot_break_the_servers_name(
    headers: dict[str, str], server: tuple[str, int]
) -> None:
    assert scope_of(url_event(headers=headers))["server"] == server


@pytest.mark.parametrize(
    "event", [None, [], 7, "text", {}, {"requestContext": "x"}, recorded("sqs"), recorded("alb")]
)
def test_other_events_are_not_http(event: Any) -> None:
    assert events.shape_of(event) is None


MALFORMED: list[dict[str, Any]] = [
    {"version": "2.0", "rawPath": "/", "requestContext": {}},
    {"version": "2.0", "requestContext": {"http": None}},
    {"version": "2.0", "requestContext": {"http": {"path": "/"}}},
    url_event(headers=["no", "object"]),
    url_event(cookies=7),
    url_event(rawQueryString={"a": 1}),
    url_event(rawPath=["/"]),
    url_event(rawPath="/\ud800"),
    url_event(method=5),  # type: ignore[arg-type]
    {"httpMethod": "GET", "requestContext": {}},
    {"httpMethod": "GET", "path": "/", "requestContext": {"identity": "nobody"}},
    {"httpMethod": "GET", "path": "/", "requestContext": {}, "multiValueHeaders": {"a": 1}},
    {"httpMethod": "GET", "path": "/", "requestContext": {}, "queryStringParameters": 5},
]


@pytest.mark.parametrize("event", MALFORMED, ids=json.dumps)
def test_a_malformed_event_is_an_error(event: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvent, match=r"^Malformed event: "):
        scope_of(event)


@pytest.mark.parametrize(
    "fields",
    [
        {"body": {"not": "text"}},
        {"body": "\ud800"},
        {"body": "%%%", "isBase64Encoded": True},
        {"body": "YQ", "isBase64Encoded": True},
        {"body": 7, "isBase64Encoded": True},
    ],
)
def test_a_malformed_body_is_an_error(fields: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvent, match=r"^Malformed event: body"):
        events.body_of(url_event(**fields))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    name=st.sampled_from(HTTP),
    where=st.sampled_from(["", "requestContext", "headers"]),
    data=st.data(),
)
def test_any_event_is_a_scope_or_malformed(name: str, where: str, data: st.DataObject) -> None:
    event = recorded(name)
    part = (event[where] or event) if where else event
    part[data.draw(st.sampled_from(sorted(part)))] = data.draw(JSON)

    shape = events.shape_of(event)
    if shape is None:
        return
    try:
        scope = events.scope_of(shape, event, CONTEXT)
        body = events.body_of(event)
    except MalformedEvent:
        return
    assert isinstance(scope["path"], str)
    assert isinstance(body, bytes)


@pytest.mark.parametrize(
    ("stage", "path", "base", "root"),
    [
        ("prod", "/prod/ping", "", "/prod"),
        ("prod", "/prod", "", "/prod"),
        ("prod", "/product/ping", "", ""),
        ("$default", "/prod/ping", "", ""),
        ("$default", "/api/ping", "/api/", "/api"),
        ("v1", "/v1/x", "/api", "/v1"),
    ],
)
def test_a_stage_and_a_mapping_are_no_part_of_the_apps_path(
    monkeypatch: pytest.MonkeyPatch, stage: str, path: str, base: str, root: str
) -> None:
    monkeypatch.setenv("WAYPOST_BASE_PATH", base)
    event = url_event(path=path)
    event["requestContext"]["stage"] = stage
    found = scope_of(event)
    assert (found["path"], found["root_path"]) == (path, root)
