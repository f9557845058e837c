"""A reply, as the Runtime API takes it in."""

import json

import pytest

from waypost_local.invocation import Invocation, InvocationFailed, Prelude

PRELUDE = b'{"statusCode":200,"headers":{"X-A":"1"},"cookies":["c=1"]}' + bytes(8)


def invocation() -> Invocation:
    return Invocation(b"{}", 3, "arn")


async def body(of: Invocation) -> list[bytes]:
    return [chunk async for chunk in of.body()]


async def test_prelude_and_body_are_told_apart_wherever_they_are_cut() -> None:
    for cut in range(len(PRELUDE) + 2):
        reply = invocation()
        data = PRELUDE + b"ab"
        await reply.stream(data[:cut])
        await reply.stream(data[cut:])
        await reply.finish()
        assert await reply.head() == Prelude(200, {"x-a": "1"}, ("c=1",))
        assert b"".join(await body(reply)) == b"ab"


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
async def test_what_is_no_http_response_fails(prelude: bytes) -> None:
    reply = invocation()
    await reply.stream(prelude + bytes(8) + b"body")
    await reply.finish()
    with pytest.raises(InvocationFailed) as raised:
        await reply.head()
    assert raised.value.kind == "Runtime.InvalidResponse"
    assert await body(reply) == []


async def test_a_stream_without_a_prelude_fails() -> None:
    reply = invocation()
    await reply.stream(b"just text")
    await reply.finish()
    with pytest.raises(InvocationFailed, match="There is no prelude"):
        await reply.head()


async def test_an_error_in_the_trailers_before_any_prelude_is_the_error() -> None:
    reply = invocation()
    await reply.finish(InvocationFailed("App.Deadline", "Too late."))
    with pytest.raises(InvocationFailed, match=r"App.Deadline: Too late\."):
        await reply.head()


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
async def test_a_whole_answer_has_a_length(answer: object, head: Prelude, data: bytes) -> None:
    reply = invocation()
    await reply.answer(json.dumps(answer).encode())
    await reply.finish()
    assert await reply.head() == head
    assert b"".join(await body(reply)) == data


@pytest.mark.parametrize(
    "answer",
    [b"{", b'{"statusCode": "x"}', b'{"statusCode": 200, "body": "%", "isBase64Encoded": true}'],
)
async def test_a_whole_answer_that_makes_no_sense_fails(answer: bytes) -> None:
    reply = invocation()
    await reply.answer(answer)
    await reply.finish()
    with pytest.raises(InvocationFailed, match=r"Runtime\.InvalidResponse"):
        await reply.head()


async def test_a_failure_ends_the_body_even_where_nobody_reads_it() -> None:
    reply = invocation()
    await reply.stream(PRELUDE)
    for _ in range(16):
        await reply.stream(b"x")
    reply.fail("Runtime.ExitError", "gone")
    assert reply.over.is_set()
    assert (await body(reply))[-1:] == [b"x"]
    assert reply.error is not None


async def test_only_the_first_failure_counts() -> None:
    reply = invocation()
    reply.fail("A", "one")
    reply.fail("B", "two")
    await reply.stream(PRELUDE)
    with pytest.raises(InvocationFailed, match="A: one"):
        await reply.head()
