"""What goes wrong: a case is drawn from its kind and its seed, and is the same every time."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from tests.chaos.faulty import ModelFault
from tests.chaos.script import Script, script
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
MANY = 3
"""Faults in a row that an SDK's retries do not notice much."""


@dataclass(frozen=True)
class When:
    """A moment of a run: so many events have been seen, and then so many seconds have passed."""

    events: int
    seconds: float = 0.0


@dataclass(frozen=True)
class TableFault:
    """Set at `when`, None for before the question; `lasts` so many seconds, or to the end."""

    fault: dict[str, Any]
    when: When | None = None
    lasts: float | None = None


@dataclass(frozen=True)
class Cancel:
    when: When
    copies: int = 1


@dataclass(frozen=True)
class Kill:
    """`of` tells whether the process that answers dies, or one that only reads the journal.

    Where it `freezes`, it does not die but stands still for so many seconds.
    """

    when: When
    of: Literal["answer", "reader"] = "answer"
    freezes: float = 0.0


@dataclass(frozen=True)
class Case:
    """One question and everything that happens to it. `may` names the states it may end in."""

    kind: str
    seed: int
    may: frozenset[str] = frozenset({"completed"})
    then: Literal["continue", "ask"] = "continue"
    alone: bool = True
    """The question names the model, so that no other one is asked in its place."""
    pace: Literal["", "paced", "slow", "short"] = ""
    """`paced` leaves time for something to happen, `slow` takes longer than an invocation of the
    short function may, `short` stops for too many tokens."""
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
        """Of the case's question 0, and of those that follow it."""
        return f"{self.name}:{number}{f':{self.pace}' if self.pace and number == 0 else ''}"

    @property
    def script(self) -> Script:
        return script(self.tag(0))

    @property
    def lossy(self) -> bool:
        """Whether events may be seen that nobody could write down any more."""
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
"""Kinds that need a run to last for a while."""
Draw = Callable[[random.Random, Case], Case]


def case(kind: str, seed: int) -> Case:
    """Raises KeyError where there is no such kind."""
    rng = random.Random(f"{kind}:{seed}")
    blank = Case(kind, seed, alone=rng.random() < 0.5, then=rng.choice(["continue", "ask"]))
    return KINDS[kind](rng, replace(blank, pace="paced") if kind in _PACED else blank)


def drawn(count: int, seed: int) -> list[Case]:
    """Kinds in turn, in an order and with seeds that follow from `seed`."""
    rng = random.Random(seed)
    cases: list[Case] = []
    while len(cases) < count:
        kinds = list(KINDS)
        rng.shuffle(kinds)
        cases += [case(kind, rng.randrange(1_000_000)) for kind in kinds]
    return cases[:count]


def _when(rng: random.Random, about: Case) -> When:
    """Anywhere in the run; about one in five before the first event."""
    if rng.random() < 0.2:
        return When(0, rng.choice([0.0, 0.02, 0.1, 0.3]))
    return When(rng.randint(1, about.script.deltas + 12), rng.choice([0.0, 0.0, 0.05]))


def _cut(rng: random.Random, about: Case) -> Case:
    most = about.script.deltas + 12
    return replace(about, cuts=tuple(rng.randint(1, most) for _ in range(rng.randint(1, 4))))


def _every_cut(_rng: random.Random, about: Case) -> Case:
    return replace(about, cuts=(1,) * 400)


def _cut_post(rng: random.Random, about: Case) -> Case:
    return replace(about, leaves_early=rng.choice([0.0, 0.005, 0.02, 0.05, 0.1]))


def _dialect(rng: random.Random, about: Case) -> Case:
    return replace(_cut(rng, about), dialect=True)


def _readers(rng: random.Random, about: Case) -> Case:
    return replace(about, readers=rng.randint(2, 4))


def _slow(rng: random.Random, about: Case) -> Case:
    return replace(about, pause=rng.choice([0.005, 0.02, 0.04]))


def _kill(rng: random.Random, about: Case) -> Case:
    killed = replace(about, kills=(Kill(_when(rng, about)),))
    return replace(killed, may=about.may | {"interrupted"})


def _kill_again(rng: random.Random, about: Case) -> Case:
    kills = tuple(Kill(_when(rng, about)) for _ in range(2))
    return replace(about, kills=kills, may=about.may | {"interrupted"}, then="continue")


def _kill_reader(rng: random.Random, about: Case) -> Case:
    kills = (Kill(_when(rng, about), "reader"),)
    return replace(_cut(rng, about), kills=kills, pause=0.002)


def _frozen(rng: random.Random, about: Case) -> Case:
    """A process stands still until others take it for dead; then it goes on."""
    when = _when(rng, about)
    kill = Kill(when, freezes=rng.choice([1.0, LEASE + 1, LEASE + 2.5]))
    cuts = (max(1, when.events + rng.randint(0, 3)),)
    return replace(about, kills=(kill,), cuts=cuts, may=about.may | {"interrupted"})


def _unheard(rng: random.Random, about: Case) -> Case:
    """The table is away until the run is taken for dead; somebody looks as soon as it is back."""
    when = _when(rng, about)
    fault = {"kind": rng.choice(["throttling", "internal", "unavailable", "cut"])}
    outage = TableFault(fault, when, LEASE + rng.choice([1, 2, 4]))
    cuts = (max(1, when.events + rng.randint(0, 9)),)
    may = about.may | {"failed", "interrupted"}
    return replace(about, table=(outage,), cuts=cuts, readers=1, may=may)


def _label(rng: random.Random, about: Case) -> Case:
    header = rng.choice([*REFUSALS, "cut_after;after=0", "stall_after;seconds=3"])
    return replace(about, model=(ModelFault(header, "converse"),))


def _refused(rng: random.Random, about: Case) -> Case:
    """Any call of the model, once or for as long as there are tries."""
    times = rng.choice([1, 2, 3, 6])
    fault = ModelFault(rng.choice(REFUSALS), first=_call(rng, about), times=times)
    may = about.may if times <= 2 else about.may | {"failed"}
    return replace(about, model=(fault,), may=may)


def _fallback(rng: random.Random, about: Case) -> Case:
    """One model fails for good; another one is there."""
    headers = [*REFUSALS, "access_denied", "cut_after;after=0"]
    fault = ModelFault(rng.choice(headers), times=99, model="nova-lite")
    return replace(about, model=(fault,), alone=False)


def _neither(rng: random.Random, about: Case) -> Case:
    """Both models fail, until it is tried again."""
    faults = (
        ModelFault(rng.choice(REFUSALS), times=99, model="nova-lite"),
        ModelFault(rng.choice(REFUSALS), times=99, model=FALLBACK),
    )
    return replace(about, model=faults, alone=False, may=frozenset({"failed"}))


def _exception(rng: random.Random, about: Case) -> Case:
    return _midway(rng, about, f"exception_after;exception={rng.choice(EXCEPTIONS)}")


def _model_cut(rng: random.Random, about: Case) -> Case:
    return _midway(rng, about, "cut_after")


def _stall(rng: random.Random, about: Case) -> Case:
    return _midway(rng, about, "stall_after;seconds=4")


def _midway(rng: random.Random, about: Case, header: str) -> Case:
    after = rng.choice([0, 0, 1, rng.randint(1, about.script.deltas + 2)])
    times = rng.choice([1, 1, 2])
    fault = ModelFault(f"{header};after={after}", first=_call(rng, about), times=times)
    may = about.may if after == 0 else about.may | {"failed"}
    return replace(about, model=(fault,), may=may)


def _call(rng: random.Random, about: Case) -> int:
    return rng.randrange(len(about.script.calls))


def _table_fails(rng: random.Random, about: Case) -> Case:
    return _table(rng, about, rng.choice(["throttling", "internal", "unavailable", "cut"]))


def _table_lost(rng: random.Random, about: Case) -> Case:
    return _table(rng, about, "lost")


def _table(rng: random.Random, about: Case, kind: str) -> Case:
    times = rng.choice([1, 2, MANY, 8, 15])
    fault = {"kind": kind, "operation": rng.choice(OPERATIONS), "times": times}
    may = about.may if times <= MANY else about.may | {"failed", "interrupted"}
    return replace(about, table=(_set(rng, about, fault),), may=may)


def _table_chance(rng: random.Random, about: Case) -> Case:
    """Each call fails with some probability, all through the run."""
    kind = rng.choice(["throttling", "internal", "unavailable", "cut", "lost"])
    fault = {"kind": kind, "probability": rng.choice([0.1, 0.3]), "seed": rng.randrange(1000)}
    return replace(about, table=(TableFault(fault),), may=about.may | {"failed", "interrupted"})


def _table_slow(rng: random.Random, about: Case) -> Case:
    seconds, times = rng.choice([0.1, 0.4, 1.0]), rng.choice([1, 2, 4])
    operation = rng.choice(OPERATIONS)
    fault = {"kind": "delay", "operation": operation, "times": times, "seconds": seconds}
    # A run whose signs of life come too late is taken for dead.
    return replace(about, table=(_set(rng, about, fault),), may=about.may | {"interrupted"})


def _outage(rng: random.Random, about: Case) -> Case:
    kind = rng.choice(["throttling", "internal", "unavailable", "cut"])
    outage = TableFault({"kind": kind}, _when(rng, about), rng.choice([0.5, 1.5, 4.0, 6.0]))
    return replace(about, table=(outage,), may=about.may | {"failed", "interrupted"})


def _set(rng: random.Random, about: Case, fault: dict[str, Any]) -> TableFault:
    return TableFault(fault, None if rng.random() < 0.4 else _when(rng, about))


def _twice(rng: random.Random, about: Case) -> Case:
    return replace(about, copies=rng.randint(2, 4))


def _mismatch(_rng: random.Random, about: Case) -> Case:
    return replace(about, mismatch=True)


def _rivals(_rng: random.Random, about: Case) -> Case:
    return replace(about, rival=True)


def _cancel(rng: random.Random, about: Case) -> Case:
    cancel = Cancel(_when(rng, about))
    return replace(about, cancels=(cancel,), may=about.may | {"cancelled"})


def _cancel_twice(rng: random.Random, about: Case) -> Case:
    cancels = (Cancel(_when(rng, about), copies=2), Cancel(_when(rng, about)))
    return replace(about, cancels=cancels, may=about.may | {"cancelled"})


def _deadline(_rng: random.Random, about: Case) -> Case:
    """A model that takes longer than the invocation may.

    On a busy machine an invocation may begin so late that it is killed before it can end itself.
    """
    return replace(about, pace="slow", may=frozenset({"failed", "interrupted"}), then="continue")


def _shortened(_rng: random.Random, about: Case) -> Case:
    return replace(about, pace="short", then="continue")


def _mixed(rng: random.Random, about: Case) -> Case:
    """Several things at once."""
    parts = [_cut, _kill, _cancel, _exception, _model_cut, _table_lost, _table_fails, _outage,
             _refused, _table_chance, _cut_post, _readers]  # fmt: skip
    made = about
    for part in rng.sample(parts, rng.randint(2, 4)):
        one = part(rng, about)
        made = replace(
            made,
            may=made.may | one.may,
            cuts=made.cuts + one.cuts,
            leaves_early=one.leaves_early or made.leaves_early,
            readers=made.readers or one.readers,
            kills=made.kills + one.kills,
            cancels=made.cancels + one.cancels,
            model=made.model + one.model,
            table=made.table + one.table,
        )
    return replace(made, may=made.may | {"failed"})


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
    "mixed": _mixed,
}
