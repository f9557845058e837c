"""The tools that an agent may be given, by name."""

import json
from dataclasses import dataclass
from typing import Any, Protocol

from waypost.models.turns import ToolSpec
from waypost.warehouse import Database, QueryError, Result

MODEL_ROWS = 50
"""The model is shown this many rows; people are shown all that the caps let through."""


@dataclass(frozen=True)
class Table:
    """Rows for people to look at."""

    columns: list[str]
    rows: list[list[Any]]
    truncated: bool


@dataclass(frozen=True)
class Outcome:
    """What a tool did: `text` for the model, `output` for whoever follows the run."""

    text: str
    output: Any
    failed: bool = False
    table: Table | None = None


class Tool(Protocol):
    spec: ToolSpec

    async def __call__(self, arguments: dict[str, Any]) -> Outcome: ...


class QueryDatabase:
    """Runs one SELECT."""

    spec = ToolSpec(
        name="query_database",
        description="Runs one SQLite SELECT over the tables of the schema and returns its rows.",
        parameters={
            "type": "object",
            "properties": {"sql": {"type": "string", "description": "A single SELECT"}},
            "required": ["sql"],
        },
    )

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, arguments: dict[str, Any]) -> Outcome:
        sql = arguments.get("sql")
        if not isinstance(sql, str):
            return failure("The tool needs one argument, `sql`, a text.")
        try:
            return _rows(await self._database.query(sql))
        except QueryError as error:
            return failure(error.message)


def failure(message: str) -> Outcome:
    return Outcome(text=message, output=message, failed=True)


def _rows(result: Result) -> Outcome:
    shown = {
        "columns": result.columns,
        "rows": result.rows[:MODEL_ROWS],
        "row_count": len(result.rows),
        "truncated": result.truncated or len(result.rows) > MODEL_ROWS,
    }
    return Outcome(
        text=json.dumps(shown, ensure_ascii=False),
        output=shown,
        table=Table(result.columns, result.rows, result.truncated),
    )
