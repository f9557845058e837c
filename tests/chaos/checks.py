"""What must hold after a case, whatever has happened in it."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.chaos import ledger, script
from tests.chaos.client import TERMINAL, Client, Event, Manner, Reading
from tests.chaos.play import Story
from tests.chaos.script import Script
from tests.chaos.stack import World

_STATES = {"run.completed": "completed", "run.cancelled": "cancelled"}


@dataclass(frozen=True)
class Kept:
    """One run as it is kept: what its events say once more, and what GET says of it."""

    reading: Reading
    replay: list[Event]
    stored: list[ledger.Batch]
    run: dict[str, Any]

    @property
    def text(self) -> str:
        return final_text(self.replay)


async def violations(world: World, client: Client, story: Story) -> list[str]:
    """Everything that is wrong, in words; nothing where the case was survived."""
    assert story.following
    readings = [*story.chain, story.following]
    runs = [await _kept(world, client, reading) for reading in readings]
    thread = await client.get(f"/v1/threads/{story.thread_id}")
    found = list(story.complaints)
    for kept in runs:
        found += [
            f"{kept.run['id']}: {what}" for what in _run(kept, thread, lossy=story.case.lossy)
        ]
    for other in story.readings:
        found += [f"another reader: {what}" for what in _other(other, runs[0].replay)]
    if story.case.dialect:
        found += await _dialect(world, client, story, runs[0])
    found += _answer(story, runs[:-1])
    found += _thread(story, thread, runs)
    found += _following(story, runs[-1])
    return found


def final_text(events: list[Event]) -> str:
    final = {
        e["text_id"] for e in events if e["type"] == "text.started" and e["channel"] == "final"
    }
    return "".join(
        e["delta"] for e in events if e["type"] == "text.delta" and e["text_id"] in final
    )


async def _kept(world: World, client: Client, reading: Reading) -> Kept:
    again = await client.follow(Reading(reading.run_id, reading.thread_id), Manner())
    reading.complaints += [f"replay: {what}" for what in again.complaints]
    return Kept(
        reading,
        again.events,
        await ledger.journal(world, client.tenant, reading.run_id),
        await client.get(f"/v1/runs/{reading.run_id}"),
    )


def _run(kept: Kept, thread: dict[str, Any], *, lossy: bool) -> Iterator[str]:
    yield from kept.reading.complaints
    yield from _journal(kept)
    yield from _read(kept, lossy=lossy)
    yield from _message(kept, thread)
    yield from _ends(kept.replay)
    yield from _spent(kept)
    yield from _state(kept, thread)


def _until_closed(stored: Sequence[Any], state: str) -> list[Any]:
    """Without what a process taken for dead wrote after somebody else had ended its run.

    Where nobody was taken for dead, the table holds nothing but the journal.
    """
    if state != "interrupted":
        return list(stored)
    ended = [b for b in stored if b.events and b.events[-1]["type"] in TERMINAL]
    if not ended:
        return list(stored)
    return [b for b in stored if b is ended[0] or b.first < ended[0].first]


def _journal(kept: Kept) -> Iterator[str]:
    """A gapless 1..n with one end, in the table as in what is read from it."""
    numbers = [event["seq"] for event in kept.replay]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"the journal's numbers are {numbers}"
    ends = [event["seq"] for event in kept.replay if event["type"] in TERMINAL]
    if ends != numbers[-1:]:
        yield f"the journal ends at {ends} of {numbers[-1:]}"
    following = 1
    stored = _until_closed(kept.stored, kept.run["state"])
    for batch in stored:
        inside = [event["seq"] for event in batch.events]
        if batch.first != following or inside != list(range(batch.first, batch.last + 1)):
            yield f"the batch {batch.first} to {batch.last} holds {inside}, after {following - 1}"
        following = batch.last + 1
    run_id = kept.reading.run_id
    in_table = [{**event, "run_id": run_id} for batch in stored for event in batch.events]
    if in_table != kept.replay:
        yield "the table holds other events than are read from it"


def _read(kept: Kept, *, lossy: bool) -> Iterator[str]:
    """The client's events are the journal's. Where nobody could end a run, it may have seen more:
    what is kept of its text is the beginning of what it saw."""
    reading = kept.reading
    if reading.events == kept.replay and not reading.before:
        return
    if not (lossy and kept.run["state"] == "interrupted"):
        yield f"the client's events differ from the replay's: {_difference(reading, kept)}"
    shown = final_text(reading.before or reading.events)
    if not shown.startswith(kept.text):
        yield f"kept is {kept.text[-80:]!r}, seen was {shown[-80:]!r}"


def _difference(reading: Reading, kept: Kept) -> str:
    pairs = zip(reading.events, kept.replay, strict=False)
    at = next((n for n, (one, other) in enumerate(pairs) if one != other), None)
    if at is None:
        return f"{reading.last} and {len(kept.replay)} events, {len(reading.before)} dropped"
    return f"{reading.events[at]} is not {kept.replay[at]}"


def _other(other: Reading, replay: list[Event]) -> Iterator[str]:
    yield from other.complaints
    if other.events != replay:
        yield f"it has {other.last} events, the replay {len(replay)}"


def _message(kept: Kept, thread: dict[str, Any]) -> Iterator[str]:
    """The answer in the thread is the text of the events, and says whether it is whole."""
    found = [m for m in thread["messages"] if m["id"] == kept.run["message_id"]]
    if len(found) != bool(kept.text):
        yield f"{len(found)} messages for a text of {len(kept.text)} characters"
    for message in found:
        if message["text"] != kept.text:
            yield f"the message is {message['text'][-80:]!r}, the text {kept.text[-80:]!r}"
        if message["partial"] != (kept.run["state"] != "completed"):
            yield f"a {kept.run['state']} run's message has partial {message['partial']}"


def _ends(events: list[Event]) -> Iterator[str]:
    """Whatever starts ends, once."""
    pairs = (
        ("step_id", {"step.started"}, {"step.completed"}),
        ("text_id", {"text.started"}, {"text.completed"}),
        ("call_id", {"tool.started"}, {"tool.output", "tool.failed"}),
    )
    for name, starts, ends in pairs:
        begun = Counter(e[name] for e in events if e["type"] in starts)
        ended = Counter(e[name] for e in events if e["type"] in ends)
        if begun != ended or set(begun.values()) - {1}:
            yield f"{name}: begun {dict(begun - ended)}, ended {dict(ended - begun)}"


def _spent(kept: Kept) -> Iterator[str]:
    """Tokens are counted wherever a model was heard, and the run's are its steps' together."""
    steps = [s["usage"] for s in kept.run["steps"] if s["usage"]]
    total = Counter[str]()
    for usage in steps:
        total.update(usage)
    counted = {name: n for name, n in kept.run["usage"].items() if n}
    if counted != {name: n for name, n in total.items() if n}:
        yield f"the run's usage is {counted}, its steps' {dict(total)}"
    reported = [e for e in kept.replay if e["type"] == "usage"]
    if reported and reported[-1]["output_tokens"] != kept.run["usage"]["output_tokens"]:
        yield f"the last usage was {reported[-1]}, the run's is {counted}"
    if kept.text and kept.run["state"] != "interrupted" and not counted.get("output_tokens"):
        yield "a model has answered, and no tokens are counted"


def _state(kept: Kept, thread: dict[str, Any]) -> Iterator[str]:
    """The run is as its last event says, wherever one looks."""
    end = kept.replay[-1] if kept.replay else {"type": "none"}
    told = "interrupted" if end.get("code") == "interrupted" else _STATES.get(end["type"], "failed")
    if kept.run["state"] != told:
        yield f"the run is {kept.run['state']}, its last event {end}"
    listed = [run for run in thread["runs"] if run["id"] == kept.run["id"]]
    if listed != [{name: v for name, v in kept.run.items() if name != "output"}]:
        yield "the thread lists the run otherwise than the run itself"
    output = kept.run["output"]
    if (output["text"] if output else "") != kept.text:
        yield "the run's output is not its text"


def _answer(story: Story, runs: list[Kept]) -> Iterator[str]:
    """The texts of the runs that go on with each other, put together, are the truth."""
    truth = story.case.script
    state = runs[-1].run["state"]
    complete = state == "completed" and runs[-1].run["stop_reason"] != "max_tokens"
    told = "".join(kept.text for kept in runs)
    expected = _with_sources(truth, [event for kept in runs for event in kept.replay])
    if complete and told != expected:
        yield f"the answer is not the truth: {_first_difference(told, expected)}"
    if not expected.startswith(told):
        yield f"the answer does not begin as the truth: {_first_difference(told, expected)}"
    for number, kept in enumerate(runs):
        seen = final_text(kept.reading.before or kept.reading.events)
        whole = "".join(k.text for k in runs[:number]) + seen
        if not truth.answer.startswith(whole[: len(truth.answer)]):
            yield f"a client saw what is not true: {_first_difference(whole, truth.answer)}"
    yield from _tools(truth, runs, complete=complete)
    if runs[0].run["state"] not in story.case.may:
        failure = runs[0].run["failure"]
        yield f"the run is {runs[0].run['state']} ({failure}); it may be {set(story.case.may)}"
    if story.case.then == "continue" and not complete:
        yield f"the answer was never finished: {state} after {len(runs)} runs"
    for before, kept in pairwise(runs):
        if kept.run["continues"] != before.run["id"]:
            yield f"{kept.run['id']} continues {kept.run['continues']}"
        if kept.run["user_message_id"] != runs[0].run["user_message_id"]:
            yield f"{kept.run['id']} answers {kept.run['user_message_id']}"


def _with_sources(truth: Script, events: list[Event]) -> str:
    """The truth with the list of its sources, as far as any was cited."""
    cited = {e["index"]: e for e in events if e["type"] == "source.cited"}
    named = [f"[{n}] {e['document']} ({e['heading']})" for n, e in sorted(cited.items())]
    return truth.answer + (f"\n\nSources: {'; '.join(named)}" if named else "")


def _tools(truth: Script, runs: list[Kept], *, complete: bool) -> Iterator[str]:
    """No statement has run twice; each has run where the answer is whole."""
    events = [event for kept in runs for event in kept.replay]
    asked = {e["call_id"]: e["arguments"].get("sql") for e in events if e["type"] == "tool.input"}
    ran = Counter(asked.get(e["call_id"]) for e in events if e["type"] == "tool.output")
    calls = Counter(e["call_id"] for e in events if e["type"] == "tool.output")
    if set(ran.values()) - {1} or set(calls.values()) - {1}:
        yield f"a tool ran twice: {ran}"
    # Where the router could not be asked, it is an agent without tools that answers.
    wanted = truth.statements if (runs[-1].run["route"] or {}).get("agent") == "sql" else []
    if complete and set(ran) != set(wanted):
        yield f"tools ran {sorted(map(str, ran))}, the model asked for {wanted}"


def _thread(story: Story, thread: dict[str, Any], runs: list[Kept]) -> Iterator[str]:
    """Each question is there once, and nothing is live."""
    said = [m["text"] for m in thread["messages"] if m["role"] == "user"]
    asked = [script.question(tag) for tag in story.asked]
    if Counter(said) != Counter(asked) or said[:1] != asked[:1] or said[-1:] != asked[-1:]:
        yield f"the thread holds the questions {said}, asked were {asked}"
    if thread["live_run"] is not None:
        yield f"{thread['live_run']} is live when all is over"
    ids = [run["id"] for run in thread["runs"]]
    expected = {kept.run["id"] for kept in runs}
    if not expected <= set(ids) or len(ids) != len(set(ids)):
        yield f"the thread's runs are {ids}, expected were {sorted(expected)}"
    if len(ids) != len(story.chain) - 1 + len(story.asked):
        yield f"the thread has {len(ids)} runs for {len(story.asked)} questions"


def _following(story: Story, kept: Kept) -> Iterator[str]:
    truth = script.script(story.case.tag(1))
    expected = _with_sources(truth, kept.replay)
    if kept.run["state"] != "completed" or kept.text != expected:
        difference = _first_difference(kept.text, expected)
        yield f"the next question: {kept.run['state']}, {kept.run['failure']}; {difference}"


async def _dialect(world: World, client: Client, story: Story, kept: Kept) -> list[str]:
    """Read in another dialect from any event on, the words are the same."""
    found: list[str] = []
    for after in {0, len(kept.replay) // 2, *(cut for cut in story.case.cuts)}:
        if after >= len(kept.replay):
            continue
        path = f"/v1/runs/{kept.run['id']}/events?dialect=internal&after={after}"
        answer = await client.call("GET", path)
        told = _internal_text(answer.text)
        expected = final_text(kept.replay)[len(final_text(kept.replay[:after])) :]
        if told != expected:
            found.append(f"internal after {after}: {_first_difference(told, expected)}")
    return found


def _internal_text(body: str) -> str:
    frames = [json.loads(line[6:]) for line in body.split("\n") if line.startswith("data: ")]
    tokens = [f for f in frames if f["event"] == "token" and f["channel"] == "final"]
    return "".join(token["content"] for token in tokens)


def _first_difference(one: str, other: str) -> str:
    pairs = zip(one, other, strict=False)
    at = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
    return (
        f"after {one[max(0, at - 30) : at]!r} comes {one[at : at + 60]!r} "
        f"and not {other[at : at + 60]!r} ({len(one)} and {len(other)} characters)"
    )
