"""The cases. A batch and what happens to it follow from the seed alone."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.chaos.batch.stack import WORKER_SECONDS
from tests.chaos.cases import EXCEPTIONS, REFUSALS
from tests.chaos.fault_injector import ModelFault
from tests.chaos.model_script import question

Way = Literal["http", "event", "file", "upload"]
WAYS: tuple[Way, ...] = ("http", "event", "file", "upload")
_POISON: tuple[Callable[[str], bytes], ...] = (
    lambda _: b"no json",
    lambda _: b"[1, 2]",
    lambda _: b'{"question": ""}',
    lambda _: b'{"question": 7}',
    lambda _: b'{"question": "\xff"}',
    lambda text: json.dumps({"question": text, "agent": "nobody"}).encode(),
    lambda text: json.dumps({"question": text, "model": "none"}).encode(),
    lambda text: json.dumps({"question": text, "thread_id": " "}).encode(),
    lambda text: json.dumps({"question": text, "color": "red"}).encode(),
    lambda text: json.dumps({"question": text * 20_000}).encode(),
)


@dataclass(frozen=True)
class Happening:
    """Something that happens to a batch, so many seconds after it was sent.

    `kill` and `freeze` hit the processes that work on it, `again` delivers its messages once more,
    `outage` lets its tenant's table fail.
    """

    kind: Literal["kill", "freeze", "again", "outage"]
    seconds: float
    fault: str = ""


@dataclass(frozen=True)
class BatchCase:
    """A batch of lines. A line is a question's tag, or bytes that are no question."""

    seed: int
    way: Way
    lines: tuple[str | bytes, ...]
    happenings: tuple[Happening, ...]
    models: dict[str, tuple[ModelFault, ...]]
    """Faults of the model, by the tag of the question."""

    @property
    def tenant(self) -> str:
        """The one whose events come over the bus, or one of its own."""
        return "events" if self.way == "event" else f"batch-{self.seed}"

    @property
    def tags(self) -> list[str]:
        return [line for line in self.lines if isinstance(line, str)]

    @property
    def objects(self) -> list[Any]:
        """The lines as an event or a request has them; what is no JSON is a text there."""
        return [_object(line) for line in self._bytes()]

    @property
    def rejected(self) -> set[int]:
        """The numbers of the lines that are no question the way they are sent."""
        whole = enumerate(self.lines, 1)
        return {
            number for number, line in whole if isinstance(line, bytes) and not self._asks(line)
        }

    def _asks(self, line: bytes) -> bool:
        in_json = self.way in ("http", "event")
        return in_json and isinstance(_object(line), str)

    @property
    def file(self) -> bytes:
        """One line each."""
        return b"\n".join(self._bytes()) + b"\n"

    def _bytes(self) -> list[bytes]:
        return [
            line
            if isinstance(line, bytes)
            else json.dumps({"id": line, "question": question(line)}, ensure_ascii=False).encode()
            for line in self.lines
        ]


def draw_batch(seed: int) -> BatchCase:
    rng = random.Random(seed)
    count = rng.choice([1, 12, 25, 40])
    lines: list[str | bytes] = [f"batch:{seed}:{number}" for number in range(count)]
    for _ in range(rng.choice([0, 1, 4])):
        text = f"Poison {rng.random()}?"
        lines.insert(rng.randint(0, len(lines)), rng.choice(_POISON)(text))
    tags = [line for line in lines if isinstance(line, str)]
    faulty = rng.sample(tags, k=min(len(tags), rng.choice([0, 2, 6])))
    return BatchCase(
        seed,
        rng.choice(WAYS),
        tuple(lines),
        tuple(_happening(rng) for _ in range(rng.randint(2, 5))),
        {tag: (_model_fault(rng),) for tag in faulty},
    )


def _happening(rng: random.Random) -> Happening:
    kind: Literal["kill", "freeze", "again", "outage"] = rng.choice(
        ["kill", "kill", "kill", "freeze", "again", "outage"]
    )
    fault = rng.choice(["throttling", "internal", "unavailable", "cut", "lost"])
    return Happening(kind, rng.uniform(0.2, WORKER_SECONDS), fault if kind == "outage" else "")


def _model_fault(rng: random.Random) -> ModelFault:
    header = rng.choice(
        [
            *REFUSALS,
            f"exception_after;exception={rng.choice(EXCEPTIONS)};after={rng.randint(0, 20)}",
            f"cut_after;after={rng.randint(0, 20)}",
        ]
    )
    return ModelFault(header, times=rng.choice([1, 2]))


def _object(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return line.decode(errors="replace")
