"""A run on its way, followed by any number of readers."""

import asyncio
import contextlib
import logging
from contextlib import aclosing

from waypost.errors import WaypostError, where
from waypost.events import Event, RunFailed, StepCompleted, Terminal
from waypost.identity import Identity
from waypost.records import Run, Thread
from waypost.runs.answer import Answer, Question
from waypost.runs.backend import Backend
from waypost.runs.journal import Journal
from waypost.store import runs as run_store

logger = logging.getLogger(__name__)


class LiveRun:
    """Works in a task of its own, so that a reader who leaves changes nothing.

    Its terminal event is shown only after everything else is in the table: whoever has seen
    the end will find the answer.
    """

    def __init__(self, backend: Backend, who: Identity, thread: Thread, run: Run) -> None:
        self._backend = backend
        self._who = who
        self._thread = thread
        self._journal = Journal(run)
        self._shown = 0
        self._more = asyncio.Event()
        self._stopped: WaypostError | None = None
        self._ending = False
        self._task: asyncio.Task[None]
        self.id = run.id
        self.thread_id = run.thread_id

    @classmethod
    def start(
        cls, backend: Backend, who: Identity, thread: Thread, run: Run, question: Question
    ) -> "LiveRun":
        live = cls(backend, who, thread, run)
        live._task = asyncio.create_task(live._work(question), name=run.id)
        return live

    @property
    def finished(self) -> bool:
        return self._shown > 0 and isinstance(self._journal.events[self._shown - 1], Terminal)

    async def read(self, after: int, patience: float) -> list[Event]:
        """The events whose seq is greater than `after`, as soon as there are any.

        Nothing after `patience` seconds of silence, or where the run is over.
        """
        if self._shown <= after and not self.finished:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._more.wait()
        # Also where patience ran out: what came in that very moment must not be passed over.
        return self._journal.events[after : self._shown]

    async def wait(self) -> Run:
        """The run, once it is over."""
        await asyncio.shield(self._task)
        return self._journal.run()

    def stop(self, reason: WaypostError) -> None:
        """Ends the run as failed, with what has been answered so far kept."""
        if not self._ending and self._stopped is None:
            self._stopped = reason
            self._task.cancel()

    async def _work(self, question: Question) -> None:
        run = self._journal.run()
        try:
            work = Answer(self._backend, run, question)
            async with aclosing(work.events()) as events:
                async for event in events:
                    self._show(event)
                    if isinstance(event, StepCompleted) and event.usage:
                        self._show(self._journal.usage_so_far())
            end: Terminal = self._journal.completed(work.stop_reason)
        except WaypostError as error:
            end = self._failed(error)
        except asyncio.CancelledError:
            if self._stopped is None:
                raise
            end = self._failed(self._stopped)
        except Exception as error:
            _log_unexpected(error, run.id)
            end = self._failed(WaypostError())
        await self._finish(end)

    async def _finish(self, end: Terminal) -> None:
        """Writes everything down, then shows the end."""
        self._ending = True
        stamped = self._journal.add(end)
        try:
            await run_store.finish(
                self._backend.table,
                self._who,
                self._thread.model_copy(update={"updated_at": stamped.at}),
                self._journal.run(),
                self._journal.message(),
                self._journal.steps(),
            )
        except Exception as error:
            _log_unexpected(error, self.id)
            self._journal.events.pop()
            self._journal.add(self._failed(_not_saved()))
        self._log_end()
        self._show_all()

    def _show(self, event: Event) -> None:
        self._journal.add(event)
        self._show_all()

    def _show_all(self) -> None:
        self._shown = len(self._journal.events)
        self._more.set()
        self._more = asyncio.Event()

    def _failed(self, error: WaypostError) -> RunFailed:
        return RunFailed(
            code=error.code,
            message=error.message,
            retryable=error.retryable,
            partial=bool(self._journal.text),
        )

    def _log_end(self) -> None:
        run = self._journal.run()
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


def _not_saved() -> WaypostError:
    error = WaypostError("The answer could not be saved.", code="not_saved")
    error.retryable = True
    return error


def _log_unexpected(error: Exception, run_id: str) -> None:
    """Where it happened, and not what was said: an error's text may hold a prompt."""
    logger.error(
        "run failed unexpectedly",
        extra={"run_id": run_id, "error": type(error).__name__, "where": where(error)},
    )
