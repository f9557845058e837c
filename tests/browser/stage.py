"""What the scripted server knows: a test releases its runs' events one by one.

Events, their bytes and what is kept of a run are Waypost's own; only who answers is a script.
"""

import asyncio
import queue
from dataclasses import dataclass, field
from typing import Any

from tests.browser.performance import PATIENCE, Performance
from tests.browser.registry import Registry
from waypost.errors import Conflict, Gone, Invalid, NotFound, RunLive, WaypostError
from waypost.events import now
from waypost.ids import new_id
from waypost.records import Message, Run, Step, Thread
from waypost_chat.bodies import RunView, RunWithSteps, ThreadPage, ThreadView


@dataclass
class Stage:
    """Threads, messages and runs, and the runs that it was asked for."""

    threads: dict[str, Thread] = field(default_factory=dict)
    messages: dict[str, list[Message]] = field(default_factory=dict)
    runs: dict[str, RunWithSteps] = field(default_factory=dict)
    performances: dict[str, Performance] = field(default_factory=dict)
    keys: dict[str, tuple[Any, Performance]] = field(default_factory=dict)
    """What was asked under an `Idempotency-Key`, and the run that it began."""
    refusals: list[WaypostError] = field(default_factory=list)
    """Each is the answer to one question, in turn, in place of a run."""
    lost: list[WaypostError] = field(default_factory=list)
    """Each is the answer to one try to read a run's events, in turn, in place of them."""
    registry: Registry = field(default_factory=Registry)
    description: dict[str, Any] = field(default_factory=dict)
    url: str = ""

    def __post_init__(self) -> None:
        self._asked: queue.Queue[Performance] = queue.Queue()
        self._cancelled: queue.Queue[str] = queue.Queue()

    def clear(self) -> None:
        for known in (self.threads, self.messages, self.runs, self.performances, self.keys):
            known.clear()
        self.refusals.clear()
        self.lost.clear()
        self.registry.clear()
        self._asked = queue.Queue()
        self._cancelled = queue.Queue()

    def next_question(self) -> Performance:
        """The next question that reaches the server, with somebody who reads its answer."""
        run = self._asked.get(timeout=PATIENCE)
        assert run.next_connection() == 0
        return run

    def next_run(self) -> Performance:
        """The next question that reaches the server; its run has started."""
        run = self.next_question()
        run.start()
        return run

    def no_more_runs(self) -> bool:
        return self._asked.empty()

    def next_cancel(self) -> str:
        """The run that is to be stopped next: its id."""
        return self._cancelled.get(timeout=PATIENCE)

    def no_more_cancels(self) -> bool:
        return self._cancelled.empty()

    def make_thread(self, title: str) -> Thread:
        at = now()
        thread = Thread(
            id=new_id("thread"), user_id="me", title=title, created_at=at, updated_at=at
        )
        self.threads[thread.id] = thread
        self.messages[thread.id] = []
        return thread

    def ask(
        self, question: str, thread_id: str | None, key: str | None, agent: str | None = None
    ) -> Performance:
        """Begins a run, or finds the one that began under the same key."""
        if self.refusals:
            raise self.refusals.pop(0)
        if known := self._known(key, question):
            return known
        if agent and agent not in [known["id"] for known in self.registry.listed(False)["agents"]]:
            raise Invalid("There is no agent of that name.", code="unknown_agent")
        if thread_id:
            self._free(thread_id)
        thread = self.thread(thread_id) if thread_id else self.make_thread(question[:80])
        run = _new_run(thread.id, new_id("msg"))
        self.messages[thread.id].append(
            Message(
                id=run.user_message_id,
                thread_id=thread.id,
                run_id=run.id,
                role="user",
                text=question,
                created_at=run.created_at,
            )
        )
        return self._begin(run, question, key, agent)

    def go_on(self, run_id: str, key: str | None) -> Performance:
        """Begins a run that carries on what another one has said."""
        if self.refusals:
            raise self.refusals.pop(0)
        if known := self._known(key, run_id):
            return known
        ended = self.runs[run_id]
        self._free(ended.thread_id)
        latest = [run.id for run in self.runs.values() if run.thread_id == ended.thread_id][-1]
        if latest != run_id:
            raise Conflict("This answer cannot be continued.", code="not_continuable")
        run = _new_run(ended.thread_id, ended.user_message_id, continues=run_id)
        return self._begin(run, run_id, key)

    def following(self, run_id: str, after: int) -> Performance | None:
        """The run to be read; None where nothing follows."""
        if self.lost:
            raise self.lost.pop(0)
        if run_id not in self.performances:
            raise NotFound("There is no such run.", code="run_not_found")
        run = self.performances[run_id]
        if run.expired:
            raise Gone("The run's events are no longer kept.", code="journal_expired")
        if after > run.last:
            raise Invalid("The run has fewer events.", code="event_id_beyond_end")
        return None if run.over and after == run.last else run

    def cancel(self, run_id: str) -> RunView:
        self._cancelled.put(run_id)
        return self.run_view(run_id)

    def thread(self, thread_id: str) -> Thread:
        if thread_id not in self.threads:
            raise NotFound("There is no such thread.", code="thread_not_found")
        return self.threads[thread_id]

    def latest(self, limit: int, cursor: str | None) -> ThreadPage:
        ordered = sorted(self.threads.values(), key=lambda t: (t.updated_at, t.id), reverse=True)
        start = int(cursor or 0)
        more = start + limit < len(ordered)
        return ThreadPage(
            threads=ordered[start : start + limit],
            next_cursor=str(start + limit) if more else None,
        )

    def view(self, thread_id: str) -> ThreadView:
        thread = self.thread(thread_id)
        runs = [run for run in self.runs.values() if run.thread_id == thread_id]
        messages = self.messages[thread_id]
        return ThreadView(**thread.model_dump(), messages=messages, earlier=None, runs=runs)

    def run_view(self, run_id: str) -> RunView:
        run = self.runs[run_id]
        answers = [m for m in self.messages[run.thread_id] if m.id == run.message_id]
        return RunView(**run.model_dump(), output=answers[0] if answers else None)

    def _known(self, key: str | None, body: str) -> Performance | None:
        known = self.keys.get(key or "")
        if known and known[0] != body:
            raise Conflict("The key belongs to another request.", code="idempotency_mismatch")
        return known[1] if known else None

    def _free(self, thread_id: str) -> None:
        for run in self.runs.values():
            if run.thread_id == thread_id and run.state == "running":
                raise RunLive(run.id)

    def _begin(
        self, run: Run, question: str, key: str | None, agent: str | None = None
    ) -> Performance:
        touched = {"updated_at": now(), "live_run": run.id}
        self.threads[run.thread_id] = self.threads[run.thread_id].model_copy(update=touched)
        self.runs[run.id] = RunWithSteps(**run.model_dump(), steps=[])
        loop = asyncio.get_running_loop()
        performance = Performance(run, question, keep=self._keep, loop=loop)
        performance.agent = agent
        self.performances[run.id] = performance
        if key:
            self.keys[key] = (question, performance)
        self._asked.put(performance)
        return performance

    def _keep(self, run: Run, steps: list[Step], message: Message) -> None:
        self.runs[run.id] = RunWithSteps(**run.model_dump(), steps=steps)
        if run.thread_id not in self.threads:
            return
        ended = self.threads[run.thread_id].model_copy(update={"live_run": None})
        self.threads[run.thread_id] = ended
        if message.text:
            self.messages[run.thread_id].append(message)


def _new_run(thread_id: str, user_message_id: str, continues: str | None = None) -> Run:
    return Run(
        id=new_id("run"),
        thread_id=thread_id,
        user_id="me",
        state="running",
        user_message_id=user_message_id,
        message_id=new_id("msg"),
        continues=continues,
        created_at=now(),
    )
