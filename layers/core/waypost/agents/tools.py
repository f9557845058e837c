"""The tools that an agent may be given, by name."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from waypost.agents.citations import Citations
from waypost.knowledge import Folder, Passage
from waypost.models.turns import AssistantTurn, ToolSpec, ToolTurn, Turn
from waypost.warehouse import Database, QueryError, QueryResult

MODEL_ROWS = 50
"""The model is shown this many rows; people are shown all that the limits let through."""


@dataclass(frozen=True)
class ResultTable:
    """Rows for people to look at."""

    columns: list[str]
    rows: list[list[Any]]
    truncated: bool


@dataclass(frozen=True)
class ToolResult:
    """What a tool returned: `text` for the model, `output` for whoever follows the run."""

    text: str
    output: Any
    failed: bool = False
    table: ResultTable | None = None


class Tool(Protocol):
    spec: ToolSpec

    async def __call__(self, arguments: dict[str, Any]) -> ToolResult: ...


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

    async def __call__(self, arguments: dict[str, Any]) -> ToolResult:
        sql = arguments.get("sql")
        if not isinstance(sql, str):
            return tool_failure("The tool needs one argument, `sql`, a text.")
        try:
            return _rows(await self._database.query(sql))
        except QueryError as error:
            return tool_failure(error.message)


class SearchDocuments:
    """Finds passages, numbered on from those that the answer may cite already."""

    spec = ToolSpec(
        name="search_documents",
        description=(
            "Searches the company's documents and returns the passages that fit best. Cite a "
            "passage by its index, as in [3]."
        ),
        parameters={
            "type": "object",
            "properties": {
                "query": {"type": "string", "description": "What to look for, in its own words"}
            },
            "required": ["query"],
        },
    )

    def __init__(self, knowledge: Folder, among: frozenset[str], citations: Citations) -> None:
        self._knowledge = knowledge
        self._among = among
        self._citations = citations

    async def __call__(self, arguments: dict[str, Any]) -> ToolResult:
        query = arguments.get("query")
        if not isinstance(query, str) or not query.strip():
            return tool_failure("The tool needs one argument, `query`, a text.")
        found = await self._knowledge.search(query, among=self._among)
        numbers = self._citations.number(found)
        shown = {"passages": [_passage(n, p) for n, p in zip(numbers, found, strict=True)]}
        return ToolResult(text=json.dumps(shown, ensure_ascii=False), output=shown)


def restore_citations(citations: Citations, turns: Sequence[Turn]) -> None:
    """Gives passages that earlier turns found the numbers that they had there."""
    names = {c.id: c.name for t in turns if isinstance(t, AssistantTurn) for c in t.calls}
    for turn in turns:
        if isinstance(turn, ToolTurn) and not turn.failed:
            if names.get(turn.call_id) != SearchDocuments.spec.name:
                continue
            for found in json.loads(turn.text)["passages"]:
                index = found.pop("index")
                citations.restore(index, Passage(**found))


def _passage(index: int, passage: Passage) -> dict[str, Any]:
    return {"index": index, **passage.__dict__}


def tool_failure(message: str) -> ToolResult:
    return ToolResult(text=message, output=message, failed=True)


def _rows(result: QueryResult) -> ToolResult:
    shown = {
        "columns": result.columns,
        "rows": result.rows[:MODEL_ROWS],
        "row_count": len(result.rows),
        "truncated": result.truncated or len(result.rows) > MODEL_ROWS,
    }
    return ToolResult(
        text=json.dumps(shown, ensure_ascii=False),
        output=shown,
        table=ResultTable(result.columns, result.rows, result.truncated),
    )
