"""The response to an invocation, as the Runtime API receives it."""

import json

import pytest

from waypost_local.lambda_.invocation import InvocationFailed, LambdaInvocation, Prelude

PRELUDE = b'{"statusCode":200,"headers":{"X-A":"1"},"cookies":["c=1"]}' + bytes(8)


def invocation() -> LambdaInvocation:
    return LambdaInvocation(b"{}", 3, "arn")


async def body(of: LambdaInvocation) -> list[bytes]:
    return [chunk async for chunk in of.body()]


async def test_prelude_and_body_are_separated_however_they_are_chunked() -> None:
    for cut in range(len(PRELUDE) + 2):
        response = invocation()
        data = PRELUDE + b"ab"
        await response.write(data[:cut])
        await response.write(data[cut:])
        await response.finish()
        assert await response.prelude() == Prelude(200, {"x-a": "1"}, ("c=1",))
        assert b"".join(await body(response)) == b"ab"


@pytest.mark.parametrize(
    "prelude",
    [
        b"no json",
        b"[]",
        b"{}",
        b'{"statusCode": 99}',
        b'{"statusCode": 200, "headers": {"a b": "c"}}',
        b'{"statusCode": 200, "headers": {"a": "b\\r\\nc: d"}}',
        b'{"statusCode": 200, "cookies": ["a\\nb"]}',
    ],
)
async def test_an_invalid_prelude_fails(prelude: bytes) -> None:
    response = invocation()
    await response.write(prelude + bytes(8) + b"body")
    await response.finish()
    with pytest.raises(InvocationFailed) as raised:
        await response.prelude()
    assert raised.value.kind == "Runtime.InvalidResponse"
    assert await body(response) == []


async def test_a_stream_without_a_prelude_fails() -> None:
    response = invocation()
    await response.write(b"just text")
    await response.finish()
    with pytest.raises(InvocationFailed, match="There is no prelude"):
        await response.prelude()


async def test_an_error_in_the_trailers_before_any_prelude_is_the_error() -> None:
    response = invocation()
    await response.finish(InvocationFailed("App.Deadline", "Too late."))
    with pytest.raises(InvocationFailed, match=r"App.Deadline: Too late\."):
        await response.prelude()


@pytest.mark.parametrize(
    ("answer", "head", "data"),
    [
        (
            {"statusCode": 201, "headers": {"A": "b"}, "body": "hi"},
            Prelude(201, {"a": "b"}, (), 2),
            b"hi",
        ),
        (
            {"statusCode": 200, "body": "AAE=", "isBase64Encoded": True},
            Prelude(200, {}, (), 2),
            b"\0\1",
        ),
        (
            {"statusCode": 200, "multiValueHeaders": {"A": ["b", "c"]}},
            Prelude(200, {"a": "b,c"}, (), 0),
            b"",
        ),
        ({"n": 1}, Prelude(200, {"content-type": "application/json"}, (), 8), b'{"n": 1}'),
        (None, Prelude(200, {"content-type": "application/json"}, (), 4), b"null"),
    ],
)
async def test_a_buffered_response_has_a_length(answer: object, head: Prelude, data: bytes) -> None:
    response = invocation()
    await response.write_buffered(json.dumps(answer).encode())
    await response.finish()
    assert await response.prelude() == head
    assert b"".join(await body(response)) == data


@pytest.mark.parametrize(
    "answer",
    [b"{", b'{"statusCode": "x"}', b'{"statusCode": 200, "body": "%", "isBase64Encoded": true}'],
)
async def test_an_invalid_buffered_response_fails(answer: bytes) -> None:
    response = invocation()
    await response.write_buffered(answer)
    await response.finish()
    with pytest.raises(InvocationFailed, match=r"Runtime\.InvalidResponse"):
        await response.prelude()


async def test_a_failure_ends_a_body_that_is_not_read() -> None:
    response = invocation()
    await response.write(PRELUDE)
    for _ in range(16):
        await response.write(b"x")
    response.fail("Runtime.ExitError", "gone")
    assert response.done.is_set()
    assert (await body(response))[-1:] == [b"x"]
    assert response.error is not None


async def test_only_the_first_failure_counts() -> None:
    response = invocation()
    response.fail("A", "one")
    response.fail("B", "two")
    await response.write(PRELUDE)
    with pytest.raises(InvocationFailed, match="A: one"):
        await response.prelude()
