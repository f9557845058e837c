"""Answers that no run is needed for: none is stored, and no model is asked."""

import re
from collections.abc import Iterator, Sequence

from starlette.responses import StreamingResponse

from waypost.events import (
    Event,
    RunCompleted,
    RunStarted,
    TextCompleted,
    TextDelta,
    TextStarted,
    Usage,
    now,
)
from waypost.ids import new_id
from waypost.records import PriorTurn
from waypost_chat import sse
from waypost_chat.dialects import Dialect

_ASKS_FOR_TITLE = re.compile(
    r"\b(generate|create|write|provide|suggest|come up with|give|summarize|summarise)\b"
    r"[^.\n]{0,80}\b(title|headline|name for (this|the) (chat|conversation))\b"
    r"(?=.{0,400}\b(chat|conversation|history|messages?|dialogue|exchange)\b)",
    re.IGNORECASE | re.DOTALL,
)
_SAID = re.compile(
    r"(?:^|\n)\s*(?:USER|Human|user|User)\s*:\s*(.+)|"
    r"<(?:chat_history|conversation|messages)>\s*(.+?)\s*</|"
    r"\b(?:chat history|conversation|history|message)s?\s*:\s*(.+)",
    re.DOTALL,
)
_AS_JSON = re.compile(r'\{\s*"title"\s*:')
_MAX_WORDS = 6
_NO_TITLE = "New conversation"


def title_for(text: str, prior_turns: Sequence[PriorTurn]) -> str | None:
    """A title, where a front end asks for one of a conversation; else None.

    Front ends send such a request behind each first answer, as if a person had asked it.
    """
    asked = _ASKS_FOR_TITLE.search(text)
    if asked is None or (len(text) < 60 and not prior_turns):
        return None
    said = next((turn.text for turn in prior_turns if turn.role == "user"), "") or _said(text)
    words = said.split()
    title = " ".join(words[:_MAX_WORDS]).strip(" ?.!,;:\"'") or _NO_TITLE
    title = title[:80]
    return sse.dumps({"title": title}) if _AS_JSON.search(text) else title


def events(text: str, thread_id: str = "", run_id: str | None = None) -> Iterator[Event]:
    """The events of a run that says `text`, or nothing."""
    run_id, text_id = run_id or new_id("run"), new_id("text")
    found: list[Event] = [
        RunStarted(thread_id=thread_id, user_message_id=new_id("msg"), message_id=new_id("msg"))
    ]
    if text:
        found += [
            TextStarted(text_id=text_id, channel="final"),
            TextDelta(text_id=text_id, delta=text),
            TextCompleted(text_id=text_id),
        ]
    end = RunCompleted(
        stop_reason="end_turn", usage=Usage(), cost_usd=0.0, elapsed_ms=0, first_token_ms=None
    )
    for seq, event in enumerate([*found, end], 1):
        yield event.stamped(seq, run_id, now())


def stream(dialect: Dialect, found: Iterator[Event]) -> StreamingResponse:
    frames = [sse.OPENING, *(dialect.encode(event) for event in found)]
    return StreamingResponse(iter(frames), media_type=sse.MEDIA_TYPE, headers=sse.HEADERS)


def _said(text: str) -> str:
    """The first thing that the user has said, of a conversation inside the request."""
    found = _SAID.search(text)
    if found is None:
        return ""
    lines = next(part for part in found.groups() if part).strip().splitlines()
    return re.sub(r"^\s*(USER|Human|User|user)\s*:\s*", "", lines[0]) if lines else ""
