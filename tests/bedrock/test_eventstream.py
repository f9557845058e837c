"""The binary frames: against botocore's decoder, and byte by byte against a known one."""

import json

import pytest
from botocore.eventstream import ChecksumMismatch, EventStreamBuffer

from waypost_local.bedrock import eventstream


def test_botocore_reads_a_frame_back() -> None:
    frame = eventstream.event("contentBlockDelta", {"delta": {"text": "Grüße"}})

    buffer = EventStreamBuffer()
    buffer.add_data(frame)
    (message,) = list(buffer)

    headers: object = message.headers
    assert headers == {
        ":event-type": "contentBlockDelta",
        ":content-type": "application/json",
        ":message-type": "event",
    }
    assert json.loads(message.payload) == {"delta": {"text": "Grüße"}}


def test_an_exception_frame_is_read_as_an_exception() -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(eventstream.exception("throttlingException", "Slow down."))
    (message,) = list(buffer)

    answer = message.to_response_dict()
    assert answer["status_code"] == 400
    assert answer["headers"][":exception-type"] == "throttlingException"
    assert json.loads(answer["body"]) == {"message": "Slow down."}


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ({}, b"", "00000010 00000000 05c248eb 7d98c8ff"),
        (
            {},
            b"{'foo':'bar'}",
            "0000001d 00000000 fd528c5a 7b27666f6f273a27626172277d c3653936",
        ),
        (
            {"content-type": "application/json"},
            b"{'foo':'bar'}",
            "0000003d 00000020 07fd8396 0c 636f6e74656e742d74797065 07 0010"
            "6170706c69636174696f6e2f6a736f6e 7b27666f6f273a27626172277d 8d9c08b1",
        ),
    ],
)
def test_frames_are_those_of_the_published_examples(
    headers: dict[str, str], body: bytes, expected: str
) -> None:
    """The examples that AWS's SDKs share: https://github.com/awslabs/aws-c-event-stream."""
    assert eventstream.frame(headers, body) == bytes.fromhex(expected)


@pytest.mark.parametrize("place", [0, 9, 20, -1])
def test_a_flipped_bit_is_noticed(place: int) -> None:
    frame = bytearray(eventstream.event("messageStart", {"role": "assistant"}))
    frame[place] ^= 1

    buffer = EventStreamBuffer()
    buffer.add_data(bytes(frame))
    with pytest.raises(ChecksumMismatch):
        next(buffer)
