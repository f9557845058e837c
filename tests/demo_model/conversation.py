"""The demo model, prompted as an agent prompts it: real prompts, real schema, real rows."""

import functools
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waypost.agents import prompts
from waypost.agents.tools import QueryDatabase
from waypost.warehouse import Database, QueryError
from waypost.warehouse.query import QueryLimits
from waypost_local.bedrock.model import (
    ConverseRequest,
    Piece,
    Stop,
    TextPiece,
    ToolUseInput,
    ToolUseStart,
)
from waypost_local.demo_model import DemoModel

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DATA = ROOT / "tests/data"
CHINOOK = DATA / "chinook/chinook.sqlite"
POLICIES = DATA / "policies"
TODAY = "2026-11-21"


def questions(name: str) -> list[list[str]]:
    """The lines of a file of questions, split at their tabs."""
    lines = (HERE / f"questions/{name}.tsv").read_text().splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def user(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def request(system: str, messages: Sequence[dict[str, Any]], **body: Any) -> ConverseRequest:
    return ConverseRequest("any", {"system": [{"text": system}], "messages": messages, **body})


async def reply(converse: ConverseRequest) -> list[Piece]:
    return [piece async for piece in DemoModel().reply(converse)]


def text_of(pieces: Iterable[Piece]) -> str:
    return "".join(piece.delta for piece in pieces if isinstance(piece, TextPiece))


def sql_of(pieces: Iterable[Piece]) -> str | None:
    """The SQL of the tool call, or None where no tool is called."""
    arguments = "".join(piece.delta for piece in pieces if isinstance(piece, ToolUseInput))
    return json.loads(arguments)["sql"] if arguments else None


def stop_of(pieces: Sequence[Piece]) -> Stop:
    stop = pieces[-1]
    assert isinstance(stop, Stop)
    return stop


def build_database(script: Path, path: Path) -> Path:
    """Runs a SQL script into a new SQLite file."""
    db = sqlite3.connect(path)
    db.executescript(script.read_text())
    db.commit()
    db.close()
    return path


@functools.cache
def open_database(path: Path) -> Database:
    """One for all questions to a file: its schema is read once."""
    return Database(path, frozenset({"*"}), QueryLimits(rows=5000, seconds=5))


@dataclass(frozen=True)
class DatabaseAnswer:
    sql: str | None
    rows: list[list[Any]]
    text: str


class Conversation:
    """Questions to one database, each sent with the messages before it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = open_database(path)
        self._messages: list[dict[str, Any]] = []
        self._questions: list[str] = []

    async def ask(self, question: str) -> DatabaseAnswer:
        """Sends the question, runs the query that the model asks for, and sends its rows."""
        lookup = "\n".join([question, *self._questions[-1:]])
        system = prompts.with_schema(
            "Answer.",
            await self.database.schema(),
            await self.database.mentioned(lookup),
            TODAY,
        )
        messages = [*self._messages, user({"text": question})]
        pieces = await reply(request(system, messages, toolConfig=TOOLS))
        sql, text = sql_of(pieces), text_of(pieces)
        rows: list[list[Any]] = []
        if sql is not None:
            result, rows = await self._run(sql)
            start = next(piece for piece in pieces if isinstance(piece, ToolUseStart))
            call = {"toolUseId": start.id, "name": start.name, "input": {"sql": sql}}
            tool_result = {"toolUseId": start.id, **result}
            messages += [assistant({"toolUse": call}), user({"toolResult": tool_result})]
            text = text_of(await reply(request(system, messages, toolConfig=TOOLS)))
        self._questions.append(question)
        self._messages += [user({"text": question}), assistant({"text": text})]
        return DatabaseAnswer(sql, rows, text)

    async def _run(self, sql: str) -> tuple[dict[str, Any], list[list[Any]]]:
        outcome = await QueryDatabase(self.database)({"sql": sql})
        status = "error" if outcome.failed else "success"
        try:
            rows = (await self.database.query(sql)).rows
        except QueryError:
            rows = []
        return {"status": status, "content": [{"text": outcome.text}]}, rows

    def expected_rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query that a person wrote."""
        db = sqlite3.connect(self.path)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()


def same_rows(rows: Sequence[Sequence[Any]], expected: Sequence[Sequence[Any]]) -> bool:
    """As many rows, and each expected one among them. More columns than expected are allowed."""
    found = [{_to_text(value) for value in row} for row in rows]
    wanted = [{_to_text(value) for value in row} for row in expected]
    return len(found) == len(wanted) and all(any(w <= f for f in found) for w in wanted)


def _to_text(value: Any) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


TOOLS = {
    "tools": [
        {
            "toolSpec": {
                "name": QueryDatabase.spec.name,
                "description": QueryDatabase.spec.description,
                "inputSchema": {"json": QueryDatabase.spec.parameters},
            }
        }
    ]
}
