"""The state of the fake server: threads, messages, agents, and runs whose events a test emits."""

import asyncio
import queue
from dataclasses import dataclass, field
from typing import Any

from tests.browser.fake_agents import FakeAgents
from tests.browser.scripted_run import TIMEOUT, ScriptedRun
from waypost.errors import Conflict, Gone, Invalid, NotFound, RunLive, WaypostError
from waypost.events import now
from waypost.ids import new_id
from waypost.records import Message, Run, Step, Thread
from waypost_chat.bodies import RunView, RunWithSteps, ThreadPage, ThreadView


@dataclass
class FakeBackend:
    url: str = ""
    description: dict[str, Any] = field(default_factory=dict)
    """The OpenAPI description."""
    threads: dict[str, Thread] = field(default_factory=dict)
    messages: dict[str, list[Message]] = field(default_factory=dict)
    runs: dict[str, RunWithSteps] = field(default_factory=dict)
    """The runs as they are stored."""
    scripted_runs: dict[str, ScriptedRun] = field(default_factory=dict)
    runs_by_key: dict[str, tuple[str, ScriptedRun]] = field(default_factory=dict)
    """What was asked under an `Idempotency-Key`, and the run that it began."""
    request_errors: list[WaypostError] = field(default_factory=list)
    """Raised in turn, each in place of starting a run."""
    stream_errors: list[WaypostError] = field(default_factory=list)
    """Raised in turn, each in place of streaming a run's events."""
    agents: FakeAgents = field(default_factory=FakeAgents)

    def __post_init__(self) -> None:
        self._started: queue.Queue[ScriptedRun] = queue.Queue()
        self._cancelled: queue.Queue[str] = queue.Queue()

    def next_request(self) -> ScriptedRun:
        """Waits for the next question; its run has not started yet."""
        run = self._started.get(timeout=TIMEOUT)
        assert run.next_connection() == 0
        return run

    def next_run(self) -> ScriptedRun:
        """Waits for the next question, and starts its run."""
        run = self.next_request()
        run.start()
        return run

    def no_more_runs(self) -> bool:
        return self._started.empty()

    def next_cancel(self) -> str:
        """Waits for the next cancellation: the run's id."""
        return self._cancelled.get(timeout=TIMEOUT)

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

    def start_run(
        self, question: str, thread_id: str | None, key: str | None, agent: str | None = None
    ) -> ScriptedRun:
        """Starts a run, or finds the one that was started under the same key."""
        if self.request_errors:
            raise self.request_errors.pop(0)
        if known := self._run_by_key(key, question):
            return known
        if agent and agent not in [one["id"] for one in self.agents.list_agents(False)["agents"]]:
            raise Invalid("There is no agent of that name.", code="unknown_agent")
        if thread_id:
            self._require_idle(thread_id)
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
        return self._add_run(run, question, key, agent)

    def continue_run(self, run_id: str, key: str | None) -> ScriptedRun:
        """Starts a run that continues the answer of another one."""
        if self.request_errors:
            raise self.request_errors.pop(0)
        if known := self._run_by_key(key, run_id):
            return known
        ended = self.runs[run_id]
        self._require_idle(ended.thread_id)
        latest = [run.id for run in self.runs.values() if run.thread_id == ended.thread_id][-1]
        if latest != run_id:
            raise Conflict("This answer cannot be continued.", code="not_continuable")
        run = _new_run(ended.thread_id, ended.user_message_id, continues=run_id)
        return self._add_run(run, run_id, key)

    def run_to_stream(self, run_id: str, after: int) -> ScriptedRun | None:
        """The run whose events are to be streamed; None where there are no more."""
        if self.stream_errors:
            raise self.stream_errors.pop(0)
        if run_id not in self.scripted_runs:
            raise NotFound("Run not found.", code="run_not_found")
        run = self.scripted_runs[run_id]
        if run.expired:
            raise Gone("The run's events are no longer kept.", code="journal_expired")
        if after > run.last_seq:
            raise Invalid("The run has fewer events.", code="event_id_beyond_end")
        return None if run.ended and after == run.last_seq else run

    def cancel_run(self, run_id: str) -> RunView:
        self._cancelled.put(run_id)
        return self.run_view(run_id)

    def thread(self, thread_id: str) -> Thread:
        if thread_id not in self.threads:
            raise NotFound("Thread not found.", code="thread_not_found")
        return self.threads[thread_id]

    def thread_page(self, limit: int, cursor: str | None) -> ThreadPage:
        ordered = sorted(self.threads.values(), key=lambda t: (t.updated_at, t.id), reverse=True)
        start = int(cursor or 0)
        more = start + limit < len(ordered)
        return ThreadPage(
            threads=ordered[start : start + limit],
            next_cursor=str(start + limit) if more else None,
        )

    def thread_view(self, thread_id: str) -> ThreadView:
        thread = self.thread(thread_id)
        runs = [run for run in self.runs.values() if run.thread_id == thread_id]
        messages = self.messages[thread_id]
        return ThreadView(**thread.model_dump(), messages=messages, earlier=None, runs=runs)

    def run_view(self, run_id: str) -> RunView:
        run = self.runs[run_id]
        answers = [m for m in self.messages[run.thread_id] if m.id == run.message_id]
        return RunView(**run.model_dump(), output=answers[0] if answers else None)

    def _run_by_key(self, key: str | None, request: str) -> ScriptedRun | None:
        known = self.runs_by_key.get(key or "")
        if known and known[0] != request:
            raise Conflict("The key belongs to another request.", code="idempotency_mismatch")
        return known[1] if known else None

    def _require_idle(self, thread_id: str) -> None:
        for run in self.runs.values():
            if run.thread_id == thread_id and run.state == "running":
                raise RunLive(run.id)

    def _add_run(
        self, run: Run, request: str, key: str | None, agent: str | None = None
    ) -> ScriptedRun:
        update = {"updated_at": now(), "live_run": run.id}
        self.threads[run.thread_id] = self.threads[run.thread_id].model_copy(update=update)
        self.runs[run.id] = RunWithSteps(**run.model_dump(), steps=[])
        loop = asyncio.get_running_loop()
        scripted_run = ScriptedRun(run, request, store=self._store_run, loop=loop)
        scripted_run.agent = agent
        self.scripted_runs[run.id] = scripted_run
        if key:
            self.runs_by_key[key] = (request, scripted_run)
        self._started.put(scripted_run)
        return scripted_run

    def _store_run(self, run: Run, steps: list[Step], message: Message) -> None:
        self.runs[run.id] = RunWithSteps(**run.model_dump(), steps=steps)
        if run.thread_id not in self.threads:
            return
        idle = self.threads[run.thread_id].model_copy(update={"live_run": None})
        self.threads[run.thread_id] = idle
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
