"""Measures how a file of labelled questions is routed, and prints where it goes wrong."""

import asyncio
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import boto3

from waypost.agents.definition import Agent
from waypost.models import catalogue
from waypost.routing import Router
from waypost.routing.gate import Gate
from waypost_local import bedrock, json_lines
from waypost_local.json_lines import JsonLinesError

NONE = "none"
"""The label of a question that no agent answers."""
_OPEN = "(model)"
_FOLDS = 5
_EXAMPLES = 8
_AT_ONCE = 8
_DEADLINE = 60


@dataclass(frozen=True)
class LabelledQuestion:
    question: str
    route: str


@dataclass(frozen=True)
class Routed:
    """`decided` is the agent, or `(model)` where the gate leaves it to the router's model."""

    asked: LabelledQuestion
    decided: str
    by_gate: bool
    cost_usd: float = 0.0


def read(path: Path) -> list[LabelledQuestion]:
    """One question a line, as JSON with `question` and `route`. Raises JsonLinesError."""
    found = json_lines.read(path, _labelled, "question and route")
    if not found:
        raise JsonLinesError(f"{path} holds no questions.")
    return found


def by_gate(
    questions: Sequence[LabelledQuestion], known: Sequence[LabelledQuestion]
) -> list[Routed]:
    """What the gate decides that knows `known`; without any, each fifth by the other four."""
    if known:
        return [*_judged(questions, known)]
    shuffled = random.Random(1).sample(questions, len(questions))  # noqa: S311 - not a secret
    return [
        routed
        for fold in range(_FOLDS)
        for routed in _judged(
            shuffled[fold::_FOLDS], [q for i, q in enumerate(shuffled) if i % _FOLDS != fold]
        )
    ]


async def by_model(
    routed: Sequence[Routed], known: Sequence[LabelledQuestion], model: bedrock.Model, model_id: str
) -> list[Routed]:
    """The same, with what the gate left open decided by the router's model.

    Args:
        model_id: Whose prices count.
    """
    agents = _agents(known or [one.asked for one in routed])
    default = next(iter(agents.values()))
    places = asyncio.Semaphore(_AT_ONCE)
    async with bedrock.serving(bedrock.app(model)) as server:
        client = boto3.client(
            "bedrock-runtime",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - any will do
        )
        router = Router(client, model_id, _DEADLINE)

        async def decide(one: Routed) -> Routed:
            if one.by_gate:
                return one
            async with places:
                decision = await router.decide(one.asked.question, (), agents, {}, default)
            cost = catalogue.cost(model_id, decision.usage) or 0.0
            return Routed(one.asked, decision.route.agent, by_gate=False, cost_usd=cost)

        return await asyncio.gather(*map(decide, routed))


def report(routed: Sequence[Routed]) -> Iterator[str]:
    """Lines: what the gate alone decides, what the model decides, and a confusion table."""
    inside = [one for one in routed if one.asked.route != NONE]
    outside = [one for one in routed if one.asked.route == NONE]
    gate = [one for one in inside if one.by_gate]
    yield f"questions        {len(routed)}, of which {len(outside)} are for no agent"
    yield f"decided alone    {_share(len(gate), len(inside))} of those that are for one"
    yield f"right of these   {_share(sum(map(_is_right, gate)), len(gate))}"
    taken = sum(one.by_gate and one.decided != NONE for one in outside)
    if outside:
        yield f"wrongly taken    {_share(taken, len(outside))} of those that are for none"
    rest = [one for one in routed if not one.by_gate and one.decided != _OPEN]
    if rest:
        yield f"right by model   {_share(sum(map(_is_right, rest)), len(rest))} of {len(rest)}"
        yield f"right in all     {_share(sum(map(_is_right, routed)), len(routed))}"
        yield f"router's cost    {sum(one.cost_usd for one in rest):.4f} USD"
    yield ""
    yield from _confusion(routed)


def _labelled(fields: dict[str, object]) -> LabelledQuestion:
    return LabelledQuestion(str(fields["question"]), str(fields["route"]) or NONE)


def _judged(
    questions: Sequence[LabelledQuestion], known: Sequence[LabelledQuestion]
) -> Iterator[Routed]:
    gate = Gate((one.question, one.route) for one in known)
    labels = {one.route for one in known}
    for asked in questions:
        match = gate.decide(asked.question, labels)
        yield Routed(asked, match.agent if match else _OPEN, by_gate=match is not None)


def _agents(known: Sequence[LabelledQuestion]) -> dict[str, Agent]:
    """An agent for each label, with some of its questions as examples."""
    examples: defaultdict[str, list[str]] = defaultdict(list)
    for one in random.Random(1).sample(known, len(known)):  # noqa: S311 - not a secret
        if len(examples[one.route]) < _EXAMPLES:
            examples[one.route].append(one.question[:500])
    return {
        label: Agent.model_construct(
            id=label,
            name=label,
            description=label.replace("_", " ")
            if label != NONE
            else "Whatever none of the others is for.",
            examples=tuple(texts),
            version=1,
        )
        for label, texts in sorted(examples.items())
    }


def _is_right(one: Routed) -> bool:
    return one.decided == one.asked.route


def _share(part: int, whole: int) -> str:
    return f"{part / whole:6.2%} ({part} of {whole})" if whole else "none"


def _confusion(routed: Sequence[Routed]) -> Iterator[str]:
    """A row for each label, with where its questions went."""
    rows: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in routed:
        rows[one.asked.route][one.decided] += 1
    width = max(map(len, rows))
    for label, counts in sorted(rows.items()):
        right = counts.pop(label, 0)
        wrong = ", ".join(f"{name} {count}" for name, count in counts.most_common())
        yield f"{label:>{width}}  right {right:5}  {wrong}"


def run(routed: Sequence[Routed]) -> int:
    """Prints the report. Exit code 0."""
    for line in report(routed):
        sys.stdout.write(f"{line}\n")
    return 0
