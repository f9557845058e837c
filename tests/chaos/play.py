"""A case as it happens: a question, what goes wrong meanwhile, and what follows it."""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.chaos import script
from tests.chaos.cases import Cancel, Case, Kill, TableFault, When
from tests.chaos.client import Client, GivenUp, Manner, Reading
from tests.chaos.faulty import Plan
from tests.chaos.stack import MODEL, World

_GOES_ON = {"failed", "cancelled", "interrupted"}
_MOST_RUNS = 8


@dataclass
class Story:
    """What has happened in a case, for the checks."""

    case: Case
    tenant: str
    asked: list[str] = field(default_factory=list)
    """The tags of the questions that the thread must hold, in order."""
    chain: list[Reading] = field(default_factory=list)
    """The first question's run, and those that went on with it."""
    readings: list[Reading] = field(default_factory=list)
    """The same first run as others have read it."""
    following: Reading | None = None
    struck: int = 0
    """How often something went wrong."""
    complaints: list[str] = field(default_factory=list)

    @property
    def thread_id(self) -> str:
        return self.chain[0].thread_id


class Play:
    """One case on a stack."""

    def __init__(self, world: World, case: Case) -> None:
        self._world = world
        self._case = case
        self.story = Story(case, f"{case.kind}-{case.seed}-{uuid.uuid4().hex[:8]}")
        url = world.short_url if case.pace == "slow" else world.url
        self.client = Client(world.http, url, self.story.tenant)
        self._plan = Plan(case.model)
        self._waiting: list[tuple[When, Callable[[], Awaitable[None]]]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._reading: Reading | None = None
        self._begun = asyncio.Event()

    async def run(self) -> Story:
        """Raises GivenUp where the stack stops answering."""
        self._world.models.plans[self._case.tag(0)] = self._plan
        try:
            await self._question()
            await self._calm()
            await self._go_on()
            await self._ask_again()
        finally:
            await self._calm()
            del self._world.models.plans[self._case.tag(0)]
        return self.story

    async def _question(self) -> None:
        """The first question, with everything that happens to it."""
        case, story = self._case, self.story
        if case.rival:
            await self._ask_rivals()
            return
        story.asked.append(case.tag(0))
        await self._prepare()
        copies = [self._ask(self._body(0), "first", case) for _ in range(case.copies)]
        first, *others = await asyncio.gather(*copies)
        story.chain.append(first)
        story.readings += others
        story.struck += case.copies + first.posts + first.connections - 3 + bool(case.pause)
        if case.mismatch:
            await self._expect_mismatch()

    def _body(self, number: int) -> dict[str, Any]:
        asked = {"input": script.question(self._case.tag(number))}
        return {**asked, "model": MODEL} if self._case.alone else asked

    async def _ask(self, body: dict[str, Any], key: str, case: Case) -> Reading:
        manner = Manner(case.cuts, case.pause, case.leaves_early, self._seen)
        return await self.client.ask("/v1/runs", key, manner, body)

    async def _prepare(self) -> None:
        case = self._case
        for fault in case.table:
            await self._plan_fault(fault)
        for kill in case.kills[:1]:
            self._at(kill.when, partial(self._kill, kill))
        for cancel in case.cancels:
            self._at(cancel.when, partial(self._cancel, cancel))
        for n in range(case.readers):
            self._at(When(1 + 7 * n), self._read_too)
        await self._start_due(None)

    async def _plan_fault(self, fault: TableFault) -> None:
        async def strike() -> None:
            await self._world.break_table(self.story.tenant, [fault.fault])
            self.story.struck += 1
            if fault.lasts is not None:
                await asyncio.sleep(fault.lasts)
                await self._world.mend_table(self.story.tenant)

        if fault.when is None:
            await strike()
        else:
            self._at(fault.when, strike)

    def _at(self, when: When, what: Callable[[], Awaitable[None]]) -> None:
        self._waiting.append((when, what))

    async def _seen(self, reading: Reading) -> None:
        await self._start_due(reading)

    async def _start_due(self, reading: Reading | None) -> None:
        """Lets begin what was to begin at this event. What waits for none begins at once."""
        came = reading.last if reading else 0
        if reading:
            self._reading = reading
            self._begun.set()
        due = [(when, what) for when, what in self._waiting if when.events <= came]
        self._waiting = [one for one in self._waiting if one[0].events > came]
        for when, what in due:
            self._tasks.append(asyncio.create_task(_later(when.seconds, what)))

    async def _kill(self, kill: Kill) -> None:
        tenant = self.story.tenant.encode()
        marks = [b'"POST"', b"runs"] if kill.of == "answer" else [b'"GET"', b"/events"]
        if kill.freezes:
            self.story.struck += await self._world.freeze(kill.freezes, tenant, *marks)
        else:
            self.story.struck += self._world.kill(tenant, *marks)

    async def _cancel(self, cancel: Cancel) -> None:
        await self._begun.wait()
        assert self._reading
        path = f"/v1/runs/{self._reading.run_id}/cancel"
        answers = await asyncio.gather(
            *(self.client.call("POST", path) for _ in range(cancel.copies))
        )
        for answer in answers:
            self.story.struck += 1
            if answer.status_code not in (200, 202):
                self._complain(f"cancel: {answer.status_code} {answer.text[:200]}")
            elif (answer.json()["state"] == "running") != (answer.status_code == 202):
                self._complain(f"cancel: {answer.status_code} with {answer.json()['state']}")

    async def _read_too(self) -> None:
        assert self._reading
        run = Reading(self._reading.run_id, self._reading.thread_id)
        self.story.readings.append(await self.client.follow(run, Manner()))
        self.story.struck += 1

    async def _ask_rivals(self) -> None:
        """A thread, then two questions in it at once: one of them has to wait."""
        story, case = self.story, self._case
        story.asked.append(case.tag(0))
        story.chain.append(await self._ask(self._body(0), "first", case))
        path = f"/v1/threads/{story.thread_id}/runs"
        answers = await asyncio.gather(*(self._rival(path, n) for n in (2, 3)))
        refused = [answer for answer in answers if answer]
        story.struck += 1
        if len(refused) > 1:
            self._complain("of two questions at once, neither was answered")

    async def _rival(self, path: str, number: int) -> str:
        """Asks; where it is turned away, waits for the run in the way, and asks again."""
        body, key = self._body(number), f"rival-{number}"
        try:
            await self._read_rival(path, key, body, number)
        except GivenUp as refused:
            if not re.search(r'"run_live".*"run_id":"run_', str(refused)):
                raise
        else:
            return ""
        await self._until_free()
        await self._read_rival(path, key, body, number)
        return "waited"

    async def _read_rival(self, path: str, key: str, body: dict[str, Any], number: int) -> None:
        reading = await self.client.ask(path, key, Manner(), body)
        self.story.asked.append(self._case.tag(number))
        if reading.end["type"] != "run.completed":
            self._complain(f"a rival ended with {reading.end}")

    async def _expect_mismatch(self) -> None:
        """The first question's key, with another question."""
        headers = {**self.client.headers, "Idempotency-Key": "first"}
        url = f"{self.client.url}/v1/runs"
        answer = await self._world.http.post(url, json=self._body(5), headers=headers)
        self.story.struck += 1
        code = answer.json().get("error", {}).get("code")
        if (answer.status_code, code) != (409, "idempotency_mismatch"):
            self._complain(f"the key with another body: {answer.status_code} {code}")

    async def _calm(self) -> None:
        """Nothing goes wrong any more, and what was begun has ended."""
        self._waiting.clear()
        for ended in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(ended, BaseException):
                self._complain(f"{type(ended).__name__}: {ended}")
        self._tasks.clear()
        if self._case.table:
            await self._world.mend_table(self.story.tenant)
        self.story.struck += self._plan.struck
        self._plan.struck, self._plan.faults = 0, ()

    async def _go_on(self) -> None:
        """Continues the answer for as long as it is broken off."""
        while self._case.then == "continue" and len(self.story.chain) < _MOST_RUNS:
            run = await self._settled(self.story.chain[-1].run_id)
            shortened = run["stop_reason"] == "max_tokens"
            if run["state"] not in _GOES_ON and not shortened:
                return
            self.story.struck += 1
            if len(self.story.chain) < len(self._case.kills):
                kill = self._case.kills[len(self.story.chain)]
                self._at(kill.when, partial(self._kill, kill))
                await self._start_due(None)
            path = f"/v1/runs/{run['id']}/continue"
            key = f"continue-{len(self.story.chain)}"
            manner = Manner(seen=self._seen)
            self.story.chain.append(await self.client.ask(path, key, manner))
            await self._calm()

    async def _settled(self, run_id: str) -> dict[str, Any]:
        """The run once it is over: one whose function is gone has a lease to wait for."""
        path = f"/v1/runs/{run_id}"
        run: dict[str, Any] = await self.client.until(path, lambda r: r["state"] != "running")
        return run

    async def _until_free(self) -> None:
        path = f"/v1/threads/{self.story.thread_id}"
        await self.client.until(path, lambda thread: not thread["live_run"])

    async def _ask_again(self) -> None:
        """The thread takes its next question, and answers it."""
        await self._until_free()
        self.client.url = self._world.url
        path = f"/v1/threads/{self.story.thread_id}/runs"
        self.story.asked.append(self._case.tag(1))
        self.story.following = await self.client.ask(path, "next", Manner(), self._body(1))

    def _complain(self, what: str) -> None:
        self.story.complaints.append(what)


async def _later(seconds: float, what: Callable[[], Awaitable[None]]) -> None:
    await asyncio.sleep(seconds)
    await what()
