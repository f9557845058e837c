"""The cases. A case is drawn from its kind and its seed: the same two give the same case."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from tests.chaos.fault_injector import ModelFault
from tests.chaos.model_script import AnswerScript, script_for
from tests.chaos.stack import FALLBACK, LEASE

REFUSALS = (
    "throttling",
    "unavailable",
    "internal",
    "model_timeout",
    "model_error",
    "model_not_ready",
)
EXCEPTIONS = (
    "internalServerException",
    "modelStreamErrorException",
    "serviceUnavailableException",
    "throttlingException",
)
OPERATIONS = ("GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem", "")
MAX_RETRIED = 3
"""How many faults in a row the SDK's retries outlast."""


@dataclass(frozen=True)
class Moment:
    """A moment of a run: after so many events and then so many seconds."""

    events: int
    seconds: float = 0.0


@dataclass(frozen=True)
class TableFault:
    """Set at `when`, None for before the question; `lasts` so many seconds, or to the end."""

    fault: dict[str, Any]
    when: Moment | None = None
    lasts: float | None = None


@dataclass(frozen=True)
class Cancel:
    when: Moment
    copies: int = 1


@dataclass(frozen=True)
class Kill:
    """`target` is the process to kill: the one that answers, or one that only reads the journal.

    With `freezes` it is not killed but paused for so many seconds.
    """

    when: Moment
    target: Literal["answer", "reader"] = "answer"
    freezes: float = 0.0


@dataclass(frozen=True)
class Case:
    """One question and its faults. `allowed_states` are those in which its run may end."""

    kind: str
    seed: int
    allowed_states: frozenset[str] = frozenset({"completed"})
    then: Literal["continue", "ask"] = "continue"
    pins_model: bool = True
    """The question names the model, so that there is no fallback."""
    pace: Literal["", "paced", "slow", "short"] = ""
    """`paced` takes a second or so, `slow` takes longer than the timeout of the short function,
    `short` stops at the token limit."""
    cuts: tuple[int, ...] = ()
    leaves_early: float | None = None
    pause: float = 0.0
    readers: int = 0
    dialect: bool = False
    copies: int = 1
    mismatch: bool = False
    rival: bool = False
    kills: tuple[Kill, ...] = ()
    cancels: tuple[Cancel, ...] = ()
    model: tuple[ModelFault, ...] = ()
    table: tuple[TableFault, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.seed}"

    def tag(self, number: int) -> str:
        """The tag of question 0, the case's own, or of a later one."""
        return f"{self.name}:{number}{f':{self.pace}' if self.pace and number == 0 else ''}"

    @property
    def script(self) -> AnswerScript:
        return script_for(self.tag(0))

    @property
    def lossy(self) -> bool:
        """Whether a client may receive events that are never stored."""
        return bool(self.kills or self.table or self.pace == "slow")


_PACED = {
    "cancel",
    "cancel_twice",
    "frozen",
    "kill",
    "kill_again",
    "mixed",
    "outage",
    "table_chance",
    "unheard",
}
"""Kinds that need a run of a second or so."""
Draw = Callable[[random.Random, Case], Case]


def draw_case(kind: str, seed: int) -> Case:
    """Raises KeyError where there is no such kind."""
    rng = random.Random(f"{kind}:{seed}")
    blank = Case(kind, seed, pins_model=rng.random() < 0.5, then=rng.choice(["continue", "ask"]))
    return KINDS[kind](rng, replace(blank, pace="paced") if kind in _PACED else blank)


def draw_cases(count: int, seed: int) -> list[Case]:
    """Kinds in turn, in an order and with seeds that follow from `seed`."""
    rng = random.Random(seed)
    cases: list[Case] = []
    while len(cases) < count:
        kinds = list(KINDS)
        rng.shuffle(kinds)
        cases += [draw_case(kind, rng.randrange(1_000_000)) for kind in kinds]
    return cases[:count]


def _when(rng: random.Random, base: Case) -> Moment:
    """Anywhere in the run; about one in five before the first event."""
    if rng.random() < 0.2:
        return Moment(0, rng.choice([0.0, 0.02, 0.1, 0.3]))
    return Moment(rng.randint(1, base.script.deltas + 12), rng.choice([0.0, 0.0, 0.05]))


def _cut(rng: random.Random, base: Case) -> Case:
    max_events = base.script.deltas + 12
    return replace(base, cuts=tuple(rng.randint(1, max_events) for _ in range(rng.randint(1, 4))))


def _every_cut(_rng: random.Random, base: Case) -> Case:
    return replace(base, cuts=(1,) * 400)


def _cut_post(rng: random.Random, base: Case) -> Case:
    return replace(base, leaves_early=rng.choice([0.0, 0.005, 0.02, 0.05, 0.1]))


def _dialect(rng: random.Random, base: Case) -> Case:
    return replace(_cut(rng, base), dialect=True)


def _readers(rng: random.Random, base: Case) -> Case:
    return replace(base, readers=rng.randint(2, 4))


def _slow(rng: random.Random, base: Case) -> Case:
    return replace(base, pause=rng.choice([0.005, 0.02, 0.04]))


def _kill(rng: random.Random, base: Case) -> Case:
    killed = replace(base, kills=(Kill(_when(rng, base)),))
    return replace(killed, allowed_states=base.allowed_states | {"interrupted"})


def _kill_again(rng: random.Random, base: Case) -> Case:
    kills = tuple(Kill(_when(rng, base)) for _ in range(2))
    return replace(
        base, kills=kills, allowed_states=base.allowed_states | {"interrupted"}, then="continue"
    )


def _kill_reader(rng: random.Random, base: Case) -> Case:
    kills = (Kill(_when(rng, base), "reader"),)
    return replace(_cut(rng, base), kills=kills, pause=0.002)


def _frozen(rng: random.Random, base: Case) -> Case:
    """A process is paused, often beyond its lease; then it goes on."""
    when = _when(rng, base)
    kill = Kill(when, freezes=rng.choice([1.0, LEASE + 1, LEASE + 2.5]))
    cuts = (max(1, when.events + rng.randint(0, 3)),)
    return replace(
        base, kills=(kill,), cuts=cuts, allowed_states=base.allowed_states | {"interrupted"}
    )


def _unheard(rng: random.Random, base: Case) -> Case:
    """The table is unavailable until the lease is over; a reader comes as soon as it is back."""
    when = _when(rng, base)
    fault = {"kind": rng.choice(["throttling", "internal", "unavailable", "cut"])}
    outage = TableFault(fault, when, LEASE + rng.choice([1, 2, 4]))
    cuts = (max(1, when.events + rng.randint(0, 9)),)
    allowed_states = base.allowed_states | {"failed", "interrupted"}
    return replace(base, table=(outage,), cuts=cuts, readers=1, allowed_states=allowed_states)


def _label(rng: random.Random, base: Case) -> Case:
    header = rng.choice([*REFUSALS, "cut_after;after=0", "stall_after;seconds=3"])
    return replace(base, model=(ModelFault(header, "converse"),))


def _refused(rng: random.Random, base: Case) -> Case:
    """Any call of the model fails, once or at every retry."""
    times = rng.choice([1, 2, 3, 6])
    fault = ModelFault(rng.choice(REFUSALS), first=_call(rng, base), times=times)
    allowed_states = base.allowed_states if times <= 2 else base.allowed_states | {"failed"}
    return replace(base, model=(fault,), allowed_states=allowed_states)


def _fallback(rng: random.Random, base: Case) -> Case:
    """One model always fails; the fallback does not."""
    headers = [*REFUSALS, "access_denied", "cut_after;after=0"]
    fault = ModelFault(rng.choice(headers), times=99, model="nova-lite")
    return replace(base, model=(fault,), pins_model=False)


def _neither(rng: random.Random, base: Case) -> Case:
    """The model and its fallback fail, until the run is continued."""
    faults = (
        ModelFault(rng.choice(REFUSALS), times=99, model="nova-lite"),
        ModelFault(rng.choice(REFUSALS), times=99, model=FALLBACK),
    )
    return replace(base, model=faults, pins_model=False, allowed_states=frozenset({"failed"}))


def _exception(rng: random.Random, base: Case) -> Case:
    return _midway(rng, base, f"exception_after;exception={rng.choice(EXCEPTIONS)}")


def _model_cut(rng: random.Random, base: Case) -> Case:
    return _midway(rng, base, "cut_after")


def _stall(rng: random.Random, base: Case) -> Case:
    return _midway(rng, base, "stall_after;seconds=4")


def _midway(rng: random.Random, base: Case, header: str) -> Case:
    after = rng.choice([0, 0, 1, rng.randint(1, base.script.deltas + 2)])
    times = rng.choice([1, 1, 2])
    fault = ModelFault(f"{header};after={after}", first=_call(rng, base), times=times)
    allowed_states = base.allowed_states if after == 0 else base.allowed_states | {"failed"}
    return replace(base, model=(fault,), allowed_states=allowed_states)


def _call(rng: random.Random, base: Case) -> int:
    return rng.randrange(len(base.script.calls))


def _table_fails(rng: random.Random, base: Case) -> Case:
    return _table(rng, base, rng.choice(["throttling", "internal", "unavailable", "cut"]))


def _table_lost(rng: random.Random, base: Case) -> Case:
    return _table(rng, base, "lost")


def _table(rng: random.Random, base: Case, kind: str) -> Case:
    times = rng.choice([1, 2, MAX_RETRIED, 8, 15])
    fault = {"kind": kind, "operation": rng.choice(OPERATIONS), "times": times}
    allowed_states = (
        base.allowed_states
        if times <= MAX_RETRIED
        else base.allowed_states | {"failed", "interrupted"}
    )
    return replace(base, table=(_set(rng, base, fault),), allowed_states=allowed_states)


def _table_chance(rng: random.Random, base: Case) -> Case:
    """Each call fails with some probability, all through the run."""
    kind = rng.choice(["throttling", "internal", "unavailable", "cut", "lost"])
    fault = {"kind": kind, "probability": rng.choice([0.1, 0.3]), "seed": rng.randrange(1000)}
    return replace(
        base,
        table=(TableFault(fault),),
        allowed_states=base.allowed_states | {"failed", "interrupted"},
    )


def _table_slow(rng: random.Random, base: Case) -> Case:
    seconds, times = rng.choice([0.1, 0.4, 1.0]), rng.choice([1, 2, 4])
    operation = rng.choice(OPERATIONS)
    fault = {"kind": "delay", "operation": operation, "times": times, "seconds": seconds}
    # A run that renews its lease too late is interrupted.
    return replace(
        base, table=(_set(rng, base, fault),), allowed_states=base.allowed_states | {"interrupted"}
    )


def _outage(rng: random.Random, base: Case) -> Case:
    kind = rng.choice(["throttling", "internal", "unavailable", "cut"])
    outage = TableFault({"kind": kind}, _when(rng, base), rng.choice([0.5, 1.5, 4.0, 6.0]))
    return replace(
        base, table=(outage,), allowed_states=base.allowed_states | {"failed", "interrupted"}
    )


def _set(rng: random.Random, base: Case, fault: dict[str, Any]) -> TableFault:
    return TableFault(fault, None if rng.random() < 0.4 else _when(rng, base))


def _twice(rng: random.Random, base: Case) -> Case:
    return replace(base, copies=rng.randint(2, 4))


def _mismatch(_rng: random.Random, base: Case) -> Case:
    return replace(base, mismatch=True)


def _rivals(_rng: random.Random, base: Case) -> Case:
    return replace(base, rival=True)


def _cancel(rng: random.Random, base: Case) -> Case:
    cancel = Cancel(_when(rng, base))
    return replace(base, cancels=(cancel,), allowed_states=base.allowed_states | {"cancelled"})


def _cancel_twice(rng: random.Random, base: Case) -> Case:
    cancels = (Cancel(_when(rng, base), copies=2), Cancel(_when(rng, base)))
    return replace(base, cancels=cancels, allowed_states=base.allowed_states | {"cancelled"})


def _deadline(_rng: random.Random, base: Case) -> Case:
    """A model that takes longer than the function's timeout.

    On a busy machine an invocation may begin so late that it is killed before it can end itself.
    """
    return replace(
        base, pace="slow", allowed_states=frozenset({"failed", "interrupted"}), then="continue"
    )


def _shortened(_rng: random.Random, base: Case) -> Case:
    return replace(base, pace="short", then="continue")


def _mixed(rng: random.Random, base: Case) -> Case:
    """Several faults at once."""
    parts = [
        _cut,
        _kill,
        _cancel,
        _exception,
        _model_cut,
        _table_lost,
        _table_fails,
        _outage,
        _refused,
        _table_chance,
        _cut_post,
        _readers,
    ]
    mixed = base
    for part in rng.sample(parts, rng.randint(2, 4)):
        drawn = part(rng, base)
        mixed = replace(
            mixed,
            allowed_states=mixed.allowed_states | drawn.allowed_states,
            cuts=mixed.cuts + drawn.cuts,
            leaves_early=drawn.leaves_early or mixed.leaves_early,
            readers=mixed.readers or drawn.readers,
            kills=mixed.kills + drawn.kills,
            cancels=mixed.cancels + drawn.cancels,
            model=mixed.model + drawn.model,
            table=mixed.table + drawn.table,
        )
    return replace(mixed, allowed_states=mixed.allowed_states | {"failed"})


def _odd(rng: random.Random, base: Case) -> Case:
    """Tools return what is hard to store, and half of the runs lose their process as well."""
    return _kill(rng, replace(base, pace="paced")) if rng.random() < 0.5 else _cut(rng, base)


KINDS: dict[str, Draw] = {
    "cut": _cut,
    "every_cut": _every_cut,
    "cut_post": _cut_post,
    "dialect": _dialect,
    "readers": _readers,
    "slow": _slow,
    "kill": _kill,
    "kill_again": _kill_again,
    "kill_reader": _kill_reader,
    "frozen": _frozen,
    "label": _label,
    "refused": _refused,
    "fallback": _fallback,
    "neither": _neither,
    "exception": _exception,
    "model_cut": _model_cut,
    "stall": _stall,
    "table_fails": _table_fails,
    "table_lost": _table_lost,
    "table_chance": _table_chance,
    "table_slow": _table_slow,
    "outage": _outage,
    "unheard": _unheard,
    "twice": _twice,
    "mismatch": _mismatch,
    "rivals": _rivals,
    "cancel": _cancel,
    "cancel_twice": _cancel_twice,
    "deadline": _deadline,
    "shortened": _shortened,
    "odd": _odd,
    "mixed": _mixed,
}
