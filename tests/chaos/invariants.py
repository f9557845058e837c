"""The invariants that must hold after every case, whatever its faults."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.chaos import model_script, stored_journal
from tests.chaos.case_run import CaseRecord
from tests.chaos.client import TERMINAL, ClientOptions, ClientRun, Event, RetryingClient
from tests.chaos.model_script import AnswerScript
from tests.chaos.stack import ChaosStack

_STATES = {"run.completed": "completed", "run.cancelled": "cancelled"}


@dataclass(frozen=True)
class StoredRun:
    """One run as it is stored: a replay of its events, its journal, and the run that GET returns.

    `client_run` is what the client received.
    """

    client_run: ClientRun
    replay: list[Event]
    stored: list[stored_journal.JournalBatch]
    run: dict[str, Any]

    @property
    def text(self) -> str:
        return final_text(self.replay)


async def violations(
    chaos_stack: ChaosStack, client: RetryingClient, record: CaseRecord
) -> list[str]:
    """A sentence for each invariant that does not hold; none where the case was survived."""
    assert record.following
    client_runs = [*record.chain, record.following]
    runs = [await _read_stored_run(chaos_stack, client, client_run) for client_run in client_runs]
    thread = await client.get(f"/v1/threads/{record.thread_id}")
    found = list(record.problems)
    for stored_run in runs:
        found += [
            f"{stored_run.run['id']}: {problem}"
            for problem in _run(stored_run, thread, lossy=record.case.lossy)
        ]
    for other in record.other_client_runs:
        found += [f"another reader: {problem}" for problem in _other(other, runs[0].replay)]
    if record.case.dialect:
        found += await _dialect(chaos_stack, client, record, runs[0])
    found += _answer(record, runs[:-1])
    found += _thread(record, thread, runs)
    found += _following(record, runs[-1])
    return found


def final_text(events: list[Event]) -> str:
    final = {
        e["text_id"] for e in events if e["type"] == "text.started" and e["channel"] == "final"
    }
    return "".join(
        e["delta"] for e in events if e["type"] == "text.delta" and e["text_id"] in final
    )


async def _read_stored_run(
    chaos_stack: ChaosStack, client: RetryingClient, client_run: ClientRun
) -> StoredRun:
    again = await client.follow(ClientRun(client_run.run_id, client_run.thread_id), ClientOptions())
    client_run.problems += [f"replay: {problem}" for problem in again.problems]
    return StoredRun(
        client_run,
        again.events,
        await stored_journal.read_journal(chaos_stack, client.tenant, client_run.run_id),
        await client.get(f"/v1/runs/{client_run.run_id}"),
    )


def _run(stored_run: StoredRun, thread: dict[str, Any], *, lossy: bool) -> Iterator[str]:
    yield from stored_run.client_run.problems
    yield from _journal(stored_run)
    yield from _read(stored_run, lossy=lossy)
    yield from _message(stored_run, thread)
    yield from _ends(stored_run.replay)
    yield from _usage(stored_run)
    yield from _state(stored_run, thread)


def _batches_until_end(stored: Sequence[Any], state: str) -> list[Any]:
    """The batches without those that a process wrote after it lost its lease.

    A run that was not interrupted has no such batches.
    """
    if state != "interrupted":
        return list(stored)
    ended = [b for b in stored if b.events and b.events[-1]["type"] in TERMINAL]
    if not ended:
        return list(stored)
    return [b for b in stored if b is ended[0] or b.first < ended[0].first]


def _journal(stored_run: StoredRun) -> Iterator[str]:
    """The events count 1..n without a gap and have one end, in the table as in a replay."""
    numbers = [event["seq"] for event in stored_run.replay]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"the journal's numbers are {numbers}"
    ends = [event["seq"] for event in stored_run.replay if event["type"] in TERMINAL]
    if ends != numbers[-1:]:
        yield f"the journal ends at {ends} of {numbers[-1:]}"
    following = 1
    stored = _batches_until_end(stored_run.stored, stored_run.run["state"])
    for batch in stored:
        inside = [event["seq"] for event in batch.events]
        if batch.first != following or inside != list(range(batch.first, batch.last + 1)):
            yield f"the batch {batch.first} to {batch.last} holds {inside}, after {following - 1}"
        following = batch.last + 1
    run_id = stored_run.client_run.run_id
    in_table = [{**event, "run_id": run_id} for batch in stored for event in batch.events]
    if in_table != stored_run.replay:
        yield "the table holds other events than are read from it"


def _read(stored_run: StoredRun, *, lossy: bool) -> Iterator[str]:
    """The client's events are the journal's. Of an interrupted run it may have received more: the
    stored text is then the beginning of its text."""
    client_run = stored_run.client_run
    if client_run.events == stored_run.replay and not client_run.dropped:
        return
    if not (lossy and stored_run.run["state"] == "interrupted"):
        yield f"the client's events differ from the replay's: {_difference(client_run, stored_run)}"
    received = final_text(client_run.dropped or client_run.events)
    if not received.startswith(stored_run.text):
        yield f"stored is {stored_run.text[-80:]!r}, received was {received[-80:]!r}"


def _difference(client_run: ClientRun, stored_run: StoredRun) -> str:
    pairs = zip(client_run.events, stored_run.replay, strict=False)
    at = next((n for n, (one, other) in enumerate(pairs) if one != other), None)
    if at is None:
        counts = f"{client_run.last} and {len(stored_run.replay)} events"
        return f"{counts}, {len(client_run.dropped)} dropped"
    return f"{client_run.events[at]} is not {stored_run.replay[at]}"


def _other(other: ClientRun, replay: list[Event]) -> Iterator[str]:
    yield from other.problems
    if other.events != replay:
        yield f"it has {other.last} events, the replay {len(replay)}"


def _message(stored_run: StoredRun, thread: dict[str, Any]) -> Iterator[str]:
    """The answer in the thread is the text of the events, and is marked where it is partial."""
    found = [m for m in thread["messages"] if m["id"] == stored_run.run["message_id"]]
    if len(found) != bool(stored_run.text):
        yield f"{len(found)} messages for a text of {len(stored_run.text)} characters"
    for message in found:
        if message["text"] != stored_run.text:
            yield f"the message is {message['text'][-80:]!r}, the text {stored_run.text[-80:]!r}"
        if message["partial"] != (stored_run.run["state"] != "completed"):
            yield f"a {stored_run.run['state']} run's message has partial {message['partial']}"


def _ends(events: list[Event]) -> Iterator[str]:
    """Every step, text and tool call that starts ends once."""
    pairs = (
        ("step_id", {"step.started"}, {"step.completed"}),
        ("text_id", {"text.started"}, {"text.completed"}),
        ("call_id", {"tool.started"}, {"tool.output", "tool.failed"}),
    )
    for name, starts, ends in pairs:
        started = Counter(e[name] for e in events if e["type"] in starts)
        ended = Counter(e[name] for e in events if e["type"] in ends)
        if started != ended or set(started.values()) - {1}:
            yield f"{name}: begun {dict(started - ended)}, ended {dict(ended - started)}"


def _usage(stored_run: StoredRun) -> Iterator[str]:
    """The run's usage is the sum of its steps', and is there wherever a model has answered."""
    steps = [s["usage"] for s in stored_run.run["steps"] if s["usage"]]
    total = Counter[str]()
    for usage in steps:
        total.update(usage)
    counted = {name: n for name, n in stored_run.run["usage"].items() if n}
    if counted != {name: n for name, n in total.items() if n}:
        yield f"the run's usage is {counted}, its steps' {dict(total)}"
    reported = [e for e in stored_run.replay if e["type"] == "usage"]
    if reported and reported[-1]["output_tokens"] != stored_run.run["usage"]["output_tokens"]:
        yield f"the last usage was {reported[-1]}, the run's is {counted}"
    if (
        stored_run.text
        and stored_run.run["state"] != "interrupted"
        and not counted.get("output_tokens")
    ):
        yield "a model has answered, and no tokens are counted"


def _state(stored_run: StoredRun, thread: dict[str, Any]) -> Iterator[str]:
    """The run's state follows from its last event, in the run as in the thread."""
    end = stored_run.replay[-1] if stored_run.replay else {"type": "none"}
    expected_state = (
        "interrupted" if end.get("code") == "interrupted" else _STATES.get(end["type"], "failed")
    )
    if stored_run.run["state"] != expected_state:
        yield f"the run is {stored_run.run['state']}, its last event {end}"
    listed = [run for run in thread["runs"] if run["id"] == stored_run.run["id"]]
    if listed != [{name: v for name, v in stored_run.run.items() if name != "output"}]:
        yield "the thread lists the run otherwise than the run itself"
    output = stored_run.run["output"]
    if (output["text"] if output else "") != stored_run.text:
        yield "the run's output is not its text"


def _answer(record: CaseRecord, runs: list[StoredRun]) -> Iterator[str]:
    """The texts of a run and its continuations, joined, are the script's answer."""
    script = record.case.script
    state = runs[-1].run["state"]
    complete = state == "completed" and runs[-1].run["stop_reason"] != "max_tokens"
    text = "".join(stored_run.text for stored_run in runs)
    expected = _with_sources(script, [event for stored_run in runs for event in stored_run.replay])
    if complete and text != expected:
        yield f"the answer is not the script's: {_first_difference(text, expected)}"
    if not expected.startswith(text):
        yield f"the answer does not begin as the script's: {_first_difference(text, expected)}"
    for number, stored_run in enumerate(runs):
        received = final_text(stored_run.client_run.dropped or stored_run.client_run.events)
        whole = "".join(k.text for k in runs[:number]) + received
        if not script.answer.startswith(whole[: len(script.answer)]):
            difference = _first_difference(whole, script.answer)
            yield f"a client received what is not in the script: {difference}"
    yield from _tools(script, runs, complete=complete)
    if runs[0].run["state"] not in record.case.allowed_states:
        first, allowed = runs[0].run, set(record.case.allowed_states)
        yield f"the run is {first['state']} ({first['failure']}); it may be {allowed}"
    if record.case.then == "continue" and not complete:
        yield f"the answer was never finished: {state} after {len(runs)} runs"
    for before, stored_run in pairwise(runs):
        if stored_run.run["continues"] != before.run["id"]:
            yield f"{stored_run.run['id']} continues {stored_run.run['continues']}"
        if stored_run.run["user_message_id"] != runs[0].run["user_message_id"]:
            yield f"{stored_run.run['id']} answers {stored_run.run['user_message_id']}"


def _with_sources(script: AnswerScript, events: list[Event]) -> str:
    """The script's answer with the list of the cited sources."""
    cited = {e["index"]: e for e in events if e["type"] == "source.cited"}
    named = [f"[{n}] {e['document']} ({e['heading']})" for n, e in sorted(cited.items())]
    return script.answer + (f"\n\nSources: {'; '.join(named)}" if named else "")


def _tools(script: AnswerScript, runs: list[StoredRun], *, complete: bool) -> Iterator[str]:
    """No statement ran twice, and each ran where the answer is complete."""
    events = [event for stored_run in runs for event in stored_run.replay]
    statements = {
        e["call_id"]: e["arguments"].get("sql") for e in events if e["type"] == "tool.input"
    }
    ran = Counter(statements.get(e["call_id"]) for e in events if e["type"] == "tool.output")
    calls = Counter(e["call_id"] for e in events if e["type"] == "tool.output")
    if set(ran.values()) - {1} or set(calls.values()) - {1}:
        yield f"a tool ran twice: {ran}"
    # Where the router failed, the default agent answers, which has no tools.
    wanted = script.statements if (runs[-1].run["route"] or {}).get("agent") == "sql" else []
    if complete and set(ran) != set(wanted):
        yield f"tools ran {sorted(map(str, ran))}, the model asked for {wanted}"


def _thread(record: CaseRecord, thread: dict[str, Any], runs: list[StoredRun]) -> Iterator[str]:
    """Each question is in the thread once, and no run is live."""
    questions = [m["text"] for m in thread["messages"] if m["role"] == "user"]
    expected = [model_script.question(tag) for tag in record.question_tags]
    if (
        Counter(questions) != Counter(expected)
        or questions[:1] != expected[:1]
        or questions[-1:] != expected[-1:]
    ):
        yield f"the thread holds the questions {questions}, expected were {expected}"
    if thread["live_run"] is not None:
        yield f"{thread['live_run']} is live when all is over"
    ids = [run["id"] for run in thread["runs"]]
    expected_ids = {stored_run.run["id"] for stored_run in runs}
    if not expected_ids <= set(ids) or len(ids) != len(set(ids)):
        yield f"the thread's runs are {ids}, expected were {sorted(expected_ids)}"
    if len(ids) != len(record.chain) - 1 + len(record.question_tags):
        yield f"the thread has {len(ids)} runs for {len(record.question_tags)} questions"


def _following(record: CaseRecord, stored_run: StoredRun) -> Iterator[str]:
    script = model_script.script_for(record.case.tag(1))
    expected = _with_sources(script, stored_run.replay)
    if stored_run.run["state"] != "completed" or stored_run.text != expected:
        difference = _first_difference(stored_run.text, expected)
        run = stored_run.run
        yield f"the next question: {run['state']}, {run['failure']}; {difference}"


async def _dialect(
    chaos_stack: ChaosStack, client: RetryingClient, record: CaseRecord, stored_run: StoredRun
) -> list[str]:
    """A replay in another dialect has the same text after any event."""
    found: list[str] = []
    for after in {0, len(stored_run.replay) // 2, *(cut for cut in record.case.cuts)}:
        if after >= len(stored_run.replay):
            continue
        path = f"/v1/runs/{stored_run.run['id']}/events?dialect=internal&after={after}"
        answer = await client.call("GET", path)
        text = _internal_text(answer.text)
        expected = final_text(stored_run.replay)[len(final_text(stored_run.replay[:after])) :]
        if text != expected:
            found.append(f"internal after {after}: {_first_difference(text, expected)}")
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
