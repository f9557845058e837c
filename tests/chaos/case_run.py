"""Runs a case: a question, its faults, and the requests that follow it."""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.chaos import model_script
from tests.chaos.cases import Cancel, Case, Kill, Moment, TableFault
from tests.chaos.client import ClientGaveUp, ClientOptions, ClientRun, RetryingClient
from tests.chaos.fault_injector import FaultPlan
from tests.chaos.stack import MODEL, ChaosStack

_CONTINUABLE = {"failed", "cancelled", "interrupted"}
_MAX_RUNS = 8


@dataclass
class CaseRecord:
    """What happened in a case, for the invariants."""

    case: Case
    tenant: str
    question_tags: list[str] = field(default_factory=list)
    """The tags of the questions that the thread must hold, in order."""
    chain: list[ClientRun] = field(default_factory=list)
    """The first question's run, and those that continued it."""
    other_client_runs: list[ClientRun] = field(default_factory=list)
    """The first run as other clients received it."""
    following: ClientRun | None = None
    fault_count: int = 0
    """How many faults took effect."""
    problems: list[str] = field(default_factory=list)

    @property
    def thread_id(self) -> str:
        return self.chain[0].thread_id


class CaseRun:
    """One case on a stack."""

    def __init__(self, chaos_stack: ChaosStack, case: Case) -> None:
        self._stack = chaos_stack
        self._case = case
        self.record = CaseRecord(case, f"{case.kind}-{case.seed}-{uuid.uuid4().hex[:8]}")
        url = chaos_stack.short_url if case.pace == "slow" else chaos_stack.url
        self.client = RetryingClient(chaos_stack.http, url, self.record.tenant)
        self._fault_plan = FaultPlan(case.model)
        self._waiting: list[tuple[Moment, Callable[[], Awaitable[None]]]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._client_run: ClientRun | None = None
        self._begun = asyncio.Event()

    async def run(self) -> CaseRecord:
        """Raises ClientGaveUp where the stack stops answering."""
        self._stack.models.plans[self._case.tag(0)] = self._fault_plan
        try:
            await self._question()
            await self._end_faults()
            await self._continue_answer()
            await self._ask_next_question()
        finally:
            await self._end_faults()
            del self._stack.models.plans[self._case.tag(0)]
        return self.record

    async def _question(self) -> None:
        """Asks the first question, and injects the case's faults."""
        case, record = self._case, self.record
        if case.rival:
            await self._ask_rivals()
            return
        record.question_tags.append(case.tag(0))
        await self._prepare()
        copies = [self._ask(self._body(0), "first", case) for _ in range(case.copies)]
        first, *others = await asyncio.gather(*copies)
        record.chain.append(first)
        record.other_client_runs += others
        record.fault_count += case.copies + first.posts + first.connections - 3 + bool(case.pause)
        if case.mismatch:
            await self._expect_mismatch()

    def _body(self, number: int) -> dict[str, Any]:
        body = {"input": model_script.question(self._case.tag(number))}
        return {**body, "model": MODEL} if self._case.pins_model else body

    async def _ask(self, body: dict[str, Any], key: str, case: Case) -> ClientRun:
        options = ClientOptions(case.cuts, case.pause, case.leaves_early, self._on_event)
        return await self.client.ask("/v1/runs", key, options, body)

    async def _prepare(self) -> None:
        case = self._case
        for fault in case.table:
            await self._plan_fault(fault)
        for kill in case.kills[:1]:
            self._schedule(kill.when, partial(self._kill, kill))
        for cancel in case.cancels:
            self._schedule(cancel.when, partial(self._cancel, cancel))
        for n in range(case.readers):
            self._schedule(Moment(1 + 7 * n), self._read_as_another)
        await self._start_due(None)

    async def _plan_fault(self, fault: TableFault) -> None:
        async def inject() -> None:
            await self._stack.set_table_faults(self.record.tenant, [fault.fault])
            self.record.fault_count += 1
            if fault.lasts is not None:
                await asyncio.sleep(fault.lasts)
                await self._stack.clear_table_faults(self.record.tenant)

        if fault.when is None:
            await inject()
        else:
            self._schedule(fault.when, inject)

    def _schedule(self, when: Moment, action: Callable[[], Awaitable[None]]) -> None:
        self._waiting.append((when, action))

    async def _on_event(self, client_run: ClientRun) -> None:
        await self._start_due(client_run)

    async def _start_due(self, client_run: ClientRun | None) -> None:
        """Starts the actions that are due at this event; those that wait for none start at once."""
        count = client_run.last if client_run else 0
        if client_run:
            self._client_run = client_run
            self._begun.set()
        due = [(when, action) for when, action in self._waiting if when.events <= count]
        self._waiting = [one for one in self._waiting if one[0].events > count]
        for when, action in due:
            self._tasks.append(asyncio.create_task(_later(when.seconds, action)))

    async def _kill(self, kill: Kill) -> None:
        tenant = self.record.tenant.encode()
        marks = [b'"POST"', b"runs"] if kill.target == "answer" else [b'"GET"', b"/events"]
        if kill.freezes:
            self.record.fault_count += await self._stack.freeze(kill.freezes, tenant, *marks)
        else:
            self.record.fault_count += self._stack.kill(tenant, *marks)

    async def _cancel(self, cancel: Cancel) -> None:
        await self._begun.wait()
        assert self._client_run
        path = f"/v1/runs/{self._client_run.run_id}/cancel"
        answers = await asyncio.gather(
            *(self.client.call("POST", path) for _ in range(cancel.copies))
        )
        for answer in answers:
            self.record.fault_count += 1
            if answer.status_code not in (200, 202):
                self._note_problem(f"cancel: {answer.status_code} {answer.text[:200]}")
            elif (answer.json()["state"] == "running") != (answer.status_code == 202):
                self._note_problem(f"cancel: {answer.status_code} with {answer.json()['state']}")

    async def _read_as_another(self) -> None:
        assert self._client_run
        run = ClientRun(self._client_run.run_id, self._client_run.thread_id)
        self.record.other_client_runs.append(await self.client.follow(run, ClientOptions()))
        self.record.fault_count += 1

    async def _ask_rivals(self) -> None:
        """Begins a thread, then asks two questions in it at once: one of them has to wait."""
        record, case = self.record, self._case
        record.question_tags.append(case.tag(0))
        record.chain.append(await self._ask(self._body(0), "first", case))
        path = f"/v1/threads/{record.thread_id}/runs"
        answers = await asyncio.gather(*(self._rival(path, n) for n in (2, 3)))
        refused = [answer for answer in answers if answer]
        record.fault_count += 1
        if len(refused) > 1:
            self._note_problem("of two questions at once, neither was answered")

    async def _rival(self, path: str, number: int) -> str:
        """Asks; where another run is live, waits for its end and asks again."""
        body, key = self._body(number), f"rival-{number}"
        try:
            await self._read_rival(path, key, body, number)
        except ClientGaveUp as refused:
            if not re.search(r'"run_live".*"run_id":"run_', str(refused)):
                raise
        else:
            return ""
        await self._wait_for_free_thread()
        await self._read_rival(path, key, body, number)
        return "waited"

    async def _read_rival(self, path: str, key: str, body: dict[str, Any], number: int) -> None:
        client_run = await self.client.ask(path, key, ClientOptions(), body)
        self.record.question_tags.append(self._case.tag(number))
        if client_run.end["type"] != "run.completed":
            self._note_problem(f"a rival ended with {client_run.end}")

    async def _expect_mismatch(self) -> None:
        """Sends another question with the first one's key."""
        headers = {**self.client.headers, "Idempotency-Key": "first"}
        url = f"{self.client.url}/v1/runs"
        answer = await self._stack.http.post(url, json=self._body(5), headers=headers)
        self.record.fault_count += 1
        code = answer.json().get("error", {}).get("code")
        if (answer.status_code, code) != (409, "idempotency_mismatch"):
            self._note_problem(f"the key with another body: {answer.status_code} {code}")

    async def _end_faults(self) -> None:
        """Waits for the started actions to end, and clears all faults."""
        self._waiting.clear()
        for ended in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(ended, BaseException):
                self._note_problem(f"{type(ended).__name__}: {ended}")
        self._tasks.clear()
        if self._case.table:
            await self._stack.clear_table_faults(self.record.tenant)
        self.record.fault_count += self._fault_plan.fault_count
        self._fault_plan.fault_count, self._fault_plan.faults = 0, ()

    async def _continue_answer(self) -> None:
        """Continues the answer for as long as it is incomplete."""
        while self._case.then == "continue" and len(self.record.chain) < _MAX_RUNS:
            run = await self._finished_run(self.record.chain[-1].run_id)
            shortened = run["stop_reason"] == "max_tokens"
            if run["state"] not in _CONTINUABLE and not shortened:
                return
            self.record.fault_count += 1
            if len(self.record.chain) < len(self._case.kills):
                kill = self._case.kills[len(self.record.chain)]
                self._schedule(kill.when, partial(self._kill, kill))
                await self._start_due(None)
            path = f"/v1/runs/{run['id']}/continue"
            key = f"continue-{len(self.record.chain)}"
            options = ClientOptions(on_event=self._on_event)
            self.record.chain.append(await self.client.ask(path, key, options))
            await self._end_faults()

    async def _finished_run(self, run_id: str) -> dict[str, Any]:
        """The run once it is finished: a crashed function's run ends with its lease."""
        path = f"/v1/runs/{run_id}"
        run: dict[str, Any] = await self.client.poll(path, lambda r: r["state"] != "running")
        return run

    async def _wait_for_free_thread(self) -> None:
        path = f"/v1/threads/{self.record.thread_id}"
        await self.client.poll(path, lambda thread: not thread["live_run"])

    async def _ask_next_question(self) -> None:
        """Asks the thread's next question."""
        await self._wait_for_free_thread()
        self.client.url = self._stack.url
        path = f"/v1/threads/{self.record.thread_id}/runs"
        self.record.question_tags.append(self._case.tag(1))
        self.record.following = await self.client.ask(path, "next", ClientOptions(), self._body(1))

    def _note_problem(self, problem: str) -> None:
        self.record.problems.append(problem)


async def _later(seconds: float, action: Callable[[], Awaitable[None]]) -> None:
    await asyncio.sleep(seconds)
    await action()
