"""A run of this process, followed by any number of readers."""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Callable
from contextlib import aclosing

from waypost.errors import DeadlinePassed, Interrupted, NotSaved, WaypostError, raised_at
from waypost.events import Event, RunCancelled, StepCompleted, Terminal
from waypost.identity import Identity
from waypost.records import Run
from waypost.runs.backend import Backend
from waypost.runs.journal import Journal, NoJournal, try_until
from waypost.runs.pipeline import RunInput, RunPipeline
from waypost.runs.projection import RunProjection
from waypost.runs.request import NO_CONTEXT, RequestContext
from waypost.store import run_end
from waypost.store.run_start import NewThread

logger = logging.getLogger(__name__)
_STOP_CALLS = 10.0
"""Seconds before the deadline from which on no model and no tool is called."""
_END = 5.0
"""Seconds before the deadline at which the run ends itself."""
_SAVING = 20.0
"""Seconds that the end may take to be written; near the deadline, most of what is left."""


class LiveRun:
    """Answers in a task of its own, so that a reader who leaves changes nothing.

    Its terminal event is shown only after everything else is in the table: whoever has seen
    the end will find the answer.
    """

    def __init__(
        self,
        backend: Backend,
        who: Identity,
        run: Run,
        stored: float | NewThread,
        context: RequestContext,
    ) -> None:
        self._backend = backend
        self._who = who
        self._projection = RunProjection(run)
        self._events: list[Event] = []
        self._more = asyncio.Event()
        self._deadline = context.deadline or math.inf
        self._with_end = context.with_end
        self._end_with: Callable[[], Terminal] | None = None
        self._ending = False
        self._superseded = False
        self._new_thread = stored if isinstance(stored, NewThread) else None
        self._journal = (
            NoJournal()
            if isinstance(stored, NewThread)
            else Journal(
                backend.table,
                who,
                run.id,
                backend.settings,
                stored,
                on_cancel=self._cancel,
                on_lost=self._lose,
            )
        )
        self._answering: asyncio.Task[str]
        self._task: asyncio.Task[None]
        self.id = run.id
        self.thread_id = run.thread_id

    @classmethod
    def start(
        cls,
        backend: Backend,
        who: Identity,
        run: Run,
        run_input: RunInput,
        stored: float | NewThread,
        context: RequestContext = NO_CONTEXT,
    ) -> "LiveRun":
        """Begins to answer.

        Args:
            stored: Until when the table has it as live, in seconds since the epoch; or the thread
                that is stored with it at its end.
        """
        live = cls(backend, who, run, stored, context)
        left = live._deadline - time.time()
        # A short invocation keeps most of its time for the answer.
        stop_calls, end = min(_STOP_CALLS, left * 0.5), min(_END, left * 0.4)
        pipeline = RunPipeline(backend, who, run, run_input, live._deadline - stop_calls)
        live._answering = asyncio.create_task(live._answer(pipeline), name=f"{run.id} answer")
        live._task = asyncio.create_task(live._run_to_end(pipeline), name=run.id)
        backend.activity.count(live._task)
        if left < math.inf:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(left - end, live.out_of_time)
            live._task.add_done_callback(lambda _: timer.cancel())
        return live

    @property
    def finished(self) -> bool:
        return bool(self._events) and isinstance(self._events[-1], Terminal)

    @property
    def failure_code(self) -> str | None:
        """Why it failed, once it is over; None where it did not."""
        failure = self._projection.run().failure
        return failure.code if failure else None

    async def read(self, after: int, timeout: float) -> list[Event]:
        """The events whose seq is greater than `after`, as soon as there are any.

        Nothing after `timeout` seconds of silence, or where the run is over.
        """
        if len(self._events) <= after and not self.finished:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._more.wait()
        # Also after a time-out: what came in that very moment must not be passed over.
        return self._events[after:]

    async def wait(self) -> None:
        """Until the run is over."""
        await asyncio.shield(self._task)

    def out_of_time(self) -> bool:
        """Ends the run with the answer so far. True: its end can be read."""
        self._stop(lambda: self._projection.failed(DeadlinePassed()))
        return True

    def _cancel(self) -> None:
        self._stop(lambda: RunCancelled(reason="user", partial=bool(self._projection.text)))

    def _lose(self) -> None:
        self._superseded = True
        self._stop(lambda: self._projection.failed(Interrupted()))

    def _stop(self, end: Callable[[], Terminal]) -> None:
        if not self._ending and self._end_with is None:
            self._end_with = end
            self._answering.cancel()

    async def _run_to_end(self, pipeline: RunPipeline) -> None:
        try:
            await asyncio.wait([self._answering])
            end = self._end_of_answer()
            self._ending = True
            self._close_open(pipeline)
            await self._finish(end)
        finally:
            self._answering.cancel()
            self._journal.close()

    async def _answer(self, pipeline: RunPipeline) -> str:
        async with aclosing(pipeline.events()) as events:
            async for event in events:
                self._show_new(event)
        return pipeline.stop_reason

    def _end_of_answer(self) -> Callable[[], Terminal]:
        if self._answering.cancelled():
            assert self._end_with  # noqa: S101
            return self._end_with
        error = self._answering.exception()
        if error is None:
            reason = self._answering.result()
            return lambda: self._projection.completed(reason)
        expected = error if isinstance(error, WaypostError) else WaypostError()
        if expected is not error:
            self._log_unexpected(error)
        return lambda: self._projection.failed(expected)

    def _close_open(self, pipeline: RunPipeline) -> None:
        for event in list(self._projection.close_open(*pipeline.estimated_usage())):
            self._show_new(event)

    async def _finish(self, make: Callable[[], Terminal]) -> None:
        """Stores everything, then shows the end."""
        end = self._projection.append(make())
        try:
            saved = not self._superseded and await self._saved(end)
        except run_end.Superseded:
            self._superseded, saved = True, False
        except Exception as error:
            self._log_unexpected(error)
            saved = False
        if not saved:
            failure = self._projection.failed(Interrupted() if self._superseded else NotSaved())
            end = failure.stamped(end.seq, end.run_id, end.at)
            self._projection.apply(end)
        self._log_end()
        self._show(end)

    async def _saved(self, end: Event) -> bool:
        """Whether the run is in the table as it ended. Raises Superseded."""
        loop = asyncio.get_running_loop()
        until = loop.time() + min(_SAVING, (self._deadline - time.time()) * 0.8)
        if not await self._journal.flush(until):
            return False
        projection = self._projection
        run_ended = run_end.RunEnd(
            projection.run(),
            projection.message(),
            projection.steps(),
            [end],
            self._journal.expires_at,
            self._with_end,
            self._new_thread,
        )
        stored: list[Run] = []

        async def write() -> None:
            stored.append(await run_end.finish(self._backend.table, self._who, run_ended))

        written = await try_until(self.id, until, write)
        return written and stored[-1] == run_ended.run

    def _show_new(self, event: Event) -> None:
        stamped = self._projection.append(event)
        self._journal.add(stamped)
        self._show(stamped)
        if isinstance(event, StepCompleted) and event.usage:
            self._show_new(self._projection.usage_so_far())

    def _show(self, stamped: Event) -> None:
        self._events.append(stamped)
        self._more.set()
        self._more = asyncio.Event()

    def _log_end(self) -> None:
        run = self._projection.run()
        logger.info(
            "run ended",
            extra={
                "run_id": run.id,
                "thread_id": run.thread_id,
                "tenant_id": self._who.tenant_id,
                "state": run.state,
                "code": run.failure.code if run.failure else None,
                "agent": run.route.agent if run.route else None,
                "output_tokens": run.usage.output_tokens,
                "first_token_ms": run.first_token_ms,
                "elapsed_ms": run.elapsed_ms,
            },
        )

    def _log_unexpected(self, error: BaseException) -> None:
        """Where it was raised, and not its text, which may hold a prompt."""
        logger.error(
            "run failed unexpectedly",
            extra={"run_id": self.id, "error": type(error).__name__, "where": raised_at(error)},
        )
