"""`make bench`: what the router's prompt costs for few agents and for many."""

import argparse
import asyncio
import sqlite3
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.performance.bench_runs import write
from waypost.agents import definition
from waypost.agents.coverage import coverage
from waypost.agents.definition import Agent
from waypost.agents.task import Resources
from waypost.events import Usage
from waypost.knowledge import Folder
from waypost.models import catalogue
from waypost.models.tokens import estimate_tokens
from waypost.routing import prompt
from waypost.routing.shortlist import abridged, shortlist
from waypost.warehouse import Database
from waypost.warehouse.query import QueryLimits

ROOT = Path(__file__).parents[2]
MODEL = "us.amazon.nova-micro-v1:0"
QUESTION = "Which customers have unpaid invoices?"
ANSWER_TOKENS = 40
COUNTS = (7, 50, 200)
PER = 1_000


def agents(count: int) -> dict[str, Agent]:
    """The shipped agents that are routed to, and as many more of their size as are needed."""
    shipped = [a for a in definition.load(ROOT / "agents").values() if a.routed]
    copies = (
        shipped[n % len(shipped)].model_copy(update={"id": f"agent-{n}", "aliases": ()})
        for n in range(len(shipped), count)
    )
    return {agent.id: agent for agent in [*shipped[:count], *copies]}


def dollars(tokens: int, cached: int) -> float:
    """Of a thousand questions, `cached` tokens of each prompt being read from the cache."""
    usage = Usage(
        input_tokens=tokens - cached, cache_read_tokens=cached, output_tokens=ANSWER_TOKENS
    )
    return PER * (catalogue.cost(MODEL, usage) or 0.0)


async def run() -> None:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "company.sqlite"
        with sqlite3.connect(file) as db:
            db.executescript((ROOT / "demo/company.sql").read_text())
        warehouse = Database(file, frozenset({"*"}), QueryLimits(rows=10, seconds=5))
        resources = Resources(None, Folder(ROOT / "demo/documents", Path(name)), warehouse)
        write(f"router's prompt, estimated; dollars for {PER} questions with {MODEL}\n")
        write(f"{'agents':>8} {'tokens':>8} {'$':>8} {'$ cached':>9}   all told to the model\n")
        for count in COUNTS:
            found = agents(count)
            covered = await coverage(found.values(), resources)
            for listed in dict.fromkeys((len(found), len(shortlist(QUESTION, found, covered)))):
                whole = listed == count
                some = found if whole else shortlist(QUESTION, found, covered)
                covers = covered if whole else abridged(QUESTION, covered)
                text = prompt.system(some, covers, {}).whole + prompt.question(QUESTION, ())
                tokens = estimate_tokens(text)
                cached = tokens - 20 if whole else 0
                row = f"{count:>8} {tokens:>8} {dollars(tokens, 0):>8.3f}"
                write(f"{row} {dollars(tokens, cached):>9.3f}   {len(some)}\n")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_known_args()
    asyncio.run(run())
