"""Dialects: the same run in each wire format, to the byte."""

import json
from typing import Any

import httpx_sse
import pytest
from httpx_sse._decoders import SSEDecoder

from waypost.events import (
    Event,
    RouteDecided,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    StepStarted,
    TextCompleted,
    TextDelta,
    TextStarted,
    Usage,
)
from waypost_chat import sse
from waypost_chat.dialects import DIALECTS
from waypost_chat.dialects.internal import InternalDialect
from waypost_chat.dialects.waypost import WaypostDialect

AT = "2026-01-02T03:04:05.678Z"


def stamped(*events: Event) -> list[Event]:
    return [event.stamped(n, "run_1", AT) for n, event in enumerate(events, 1)]


BEGINNING = (
    RunStarted(thread_id="conv-test-123", user_message_id="m1", message_id="m2"),
    StepStarted(step_id="s1", kind="classify", name="router"),
    RouteDecided(agent="sql", agent_version=1, method="model", confidence=0.9, reason="a count"),
    TextStarted(text_id="r", channel="reasoning"),
    TextDelta(text_id="r", delta="Hm"),
    TextCompleted(text_id="r"),
    TextStarted(text_id="t", channel="final"),
    TextDelta(text_id="t", delta="There\n"),
    TextDelta(text_id="t", delta="“são”"),
    TextCompleted(text_id="t"),
)
COMPLETED = RunCompleted(
    stop_reason="end_turn",
    usage=Usage(output_tokens=28),
    cost_usd=0.1,
    elapsed_ms=5,
    first_token_ms=2,
)
FAILED = RunFailed(code="model_busy", message="Busy.", retryable=True, partial=True)
CANCELLED = RunCancelled(reason="user", partial=True)


def decoded(wire: bytes) -> list[tuple[str, str, Any]]:
    """(id, event, data) of each frame, as httpx-sse, which is strict, decodes the bytes."""
    decoder = SSEDecoder()
    found: list[httpx_sse.ServerSentEvent] = []
    for line in wire.decode().removesuffix("\n").split("\n"):
        event = decoder.decode(line)
        if event is not None:
            found.append(event)
    return [(event.id, event.event, json.loads(event.data)) for event in found]


def test_waypost_encodes_every_field_of_every_event() -> None:
    events = stamped(*BEGINNING, COMPLETED)
    dialect = WaypostDialect()
    wire = sse.OPENING + sse.HEARTBEAT + b"".join(map(dialect.encode, events)) + sse.HEARTBEAT
    assert b"\r" not in wire
    assert [(i, k) for i, k, _ in decoded(wire)] == [(str(e.seq), e.type) for e in events]
    assert [data for _, _, data in decoded(wire)] == [e.model_dump() for e in events]


def test_waypost_to_the_byte() -> None:
    event = TextDelta(text_id="t", delta="a\n").stamped(8, "run_1", AT)
    assert WaypostDialect().encode(event) == (
        b'id: 8\nevent: text.delta\ndata: {"type":"text.delta","seq":8,"run_id":"run_1",'
        b'"at":"2026-01-02T03:04:05.678Z","text_id":"t","delta":"a\\n"}\n\n'
    )


@pytest.mark.parametrize(
    ("end", "last"),
    [
        (
            COMPLETED,
            '{"event":"complete","stats":{"tokens":28,"conversation_id":"conv-test-123"}}',
        ),
        (
            FAILED,
            '{"event":"error","message":"Busy.","error":"Busy.","code":"model_busy","retryable":true,'
            '"partial":true}',
        ),
        (
            CANCELLED,
            '{"event":"error","message":"The run was cancelled.",'
            '"error":"The run was cancelled.","code":"cancelled",'
            '"retryable":false,"partial":true}',
        ),
    ],
)
def test_internal_to_the_byte(end: Event, last: str) -> None:
    dialect = InternalDialect()
    wire = b"".join(map(dialect.encode, stamped(*BEGINNING, end))).decode()
    assert wire == (
        'data: {"event":"tool_start","tool":"sql_agent"}\n\n'
        'id: 3\ndata: {"event":"route_decision","route":"sql"}\n\n'
        'id: 5\ndata: {"event":"token","channel":"sql_agent","content":"Hm"}\n\n'
        'id: 8\ndata: {"event":"token","channel":"final","content":"There\\n"}\n\n'
        'id: 9\ndata: {"event":"token","channel":"final","content":"“são”"}\n\n'
        f"id: 11\ndata: {last}\n\n"
    )


@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_is_a_pure_fold(name: str) -> None:
    events = stamped(*BEGINNING, COMPLETED)
    once, again = DIALECTS[name](), DIALECTS[name]()
    assert [once.encode(e) for e in events] == [again.encode(e) for e in events]
