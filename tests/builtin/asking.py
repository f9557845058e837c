"""The built-in model, asked as an agent asks it: real prompts, real schema, real rows."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waypost.agents import prompts
from waypost.agents.tools import QueryDatabase
from waypost.warehouse import Database, QueryError
from waypost.warehouse.query import Caps
from waypost_local.bedrock.model import ConverseRequest, Piece, Stop, Text, ToolInput, ToolStart
from waypost_local.builtin import Builtin

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHARED = ROOT.parent / "shared/data"
TODAY = "2026-11-21"


def questions(name: str) -> list[list[str]]:
    """The lines of a file of questions, cut at their tabs."""
    lines = (HERE / f"questions/{name}.tsv").read_text().splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def user(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def request(system: str, messages: Sequence[dict[str, Any]], **body: Any) -> ConverseRequest:
    return ConverseRequest("any", {"system": [{"text": system}], "messages": messages, **body})


async def reply(asked: ConverseRequest) -> list[Piece]:
    return [piece async for piece in Builtin().reply(asked)]


def said(pieces: Iterable[Piece]) -> str:
    return "".join(piece.delta for piece in pieces if isinstance(piece, Text))


def called(pieces: Iterable[Piece]) -> str | None:
    """The SQL of the tool call, if there is one."""
    text = "".join(piece.delta for piece in pieces if isinstance(piece, ToolInput))
    return json.loads(text)["sql"] if text else None


def stop(pieces: Sequence[Piece]) -> Stop:
    last = pieces[-1]
    assert isinstance(last, Stop)
    return last


@dataclass(frozen=True)
class Answered:
    sql: str | None
    rows: list[list[Any]]
    text: str


class Conversation:
    """Questions to one database, each asked with what was said before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = Database(path, frozenset({"*"}), Caps(rows=5000, seconds=5))
        self._said: list[dict[str, Any]] = []
        self._asked: list[str] = []

    async def ask(self, question: str) -> Answered:
        """The answer, the tool used as often as the model wants it."""
        lookup = "\n".join([question, *self._asked[-1:]])
        system = prompts.with_schema(
            "Answer.",
            await self.database.schema(),
            await self.database.mentioned(lookup),
            TODAY,
        )
        messages = [*self._said, user({"text": question})]
        first = await reply(request(system, messages, toolConfig=TOOLS))
        sql, rows, text = called(first), [], said(first)
        if sql is not None:
            result, rows = await self._run(sql)
            start = next(piece for piece in first if isinstance(piece, ToolStart))
            call = {"toolUseId": start.id, "name": start.name, "input": {"sql": sql}}
            given = {"toolUseId": start.id, **result}
            messages += [assistant({"toolUse": call}), user({"toolResult": given})]
            text = said(await reply(request(system, messages, toolConfig=TOOLS)))
        self._asked.append(question)
        self._said += [user({"text": question}), assistant({"text": text})]
        return Answered(sql, rows, text)

    async def _run(self, sql: str) -> tuple[dict[str, Any], list[list[Any]]]:
        outcome = await QueryDatabase(self.database)({"sql": sql})
        status = "error" if outcome.failed else "success"
        try:
            rows = (await self.database.query(sql)).rows
        except QueryError:
            rows = []
        return {"status": status, "content": [{"text": outcome.text}]}, rows

    def truth(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query that a person wrote."""
        db = sqlite3.connect(self.path)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()


def agree(rows: Sequence[Sequence[Any]], truth: Sequence[Sequence[Any]]) -> bool:
    """As many rows, and each of the true ones among them; further columns do no harm."""
    given = [{_plain(value) for value in row} for row in rows]
    wanted = [{_plain(value) for value in row} for row in truth]
    return len(given) == len(wanted) and all(any(w <= g for g in given) for w in wanted)


def _plain(value: Any) -> str:
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
