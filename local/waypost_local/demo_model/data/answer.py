"""One turn of the conversation about the database: SQL for the tool, or words for its rows."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zlib import crc32

from waypost_local.bedrock.model import Piece, TextPiece, ToolUseInput, ToolUseStart
from waypost_local.demo_model.data import filters, followup, reading, sql
from waypost_local.demo_model.data.followup import Earlier
from waypost_local.demo_model.data.phrase import phrase
from waypost_local.demo_model.data.query import Query
from waypost_local.demo_model.data.said import Said, Unclear
from waypost_local.demo_model.data.schema import Schema, read
from waypost_local.demo_model.data.subjects import shown
from waypost_local.demo_model.prompts import Turn, element

TOOL = "query_database"
LONGEST = 600
"""Characters of a question that is read; rules do not make sense of an essay, but try for long."""
_TABLES = re.compile(
    r"\b(what|which|list|show)\b.*\b(tables|data|information|schema)\b.*(\bhave\b|\bthere\b"
    r"|\bknow\b|\bhold\b|$)",
    re.IGNORECASE,
)
_WHY = re.compile(r"^\W*(why|how come|what caused|explain why)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Understood:
    said: Said
    query: Query
    sql: str


def answer(system: str, turns: Sequence[Turn], results: Sequence[dict[str, Any]]) -> list[Piece]:
    """The next pieces: a call of the tool, or the answer once its result is there."""
    schema = read(system)
    question = next(turn.text for turn in reversed(turns) if turn.role == "user")
    if not schema.tables:
        return [TextPiece("I was shown no tables to answer from.")]
    if _TABLES.search(question) and not re.search(r"\d", question) and len(question.split()) < 9:
        return [TextPiece(_tables(schema))]
    if _WHY.match(question):
        return [
            TextPiece(
                "The tables say what is there, not why. I can only count, sum, rank and look up."
            )
        ]
    try:
        understood = understand(schema, turns, _today(system))
    except Unclear as error:
        return [TextPiece(f"I cannot answer that from this database. {error} {_knows(schema)}")]
    except sql.Unreachable as error:
        return [TextPiece(f"I cannot answer that from this database: {error}. {_knows(schema)}")]
    if results:
        return [TextPiece(told(understood, results[-1]))]
    return query(understood.sql, len(turns))


def query(statement: str, number: int) -> list[Piece]:
    """A call of the tool, the `number`th of this answer."""
    call = f"call_{number}_{crc32(statement.encode()):08x}"
    return [ToolUseStart(call, TOOL), ToolUseInput(json.dumps({"sql": statement}))]


def asked_of(system: str, turns: Sequence[Turn]) -> Understood | None:
    """The last question as a query, or None where these tables cannot be asked that."""
    schema = read(system)
    if not schema.tables or _WHY.match(turns[-1].text):
        return None
    try:
        return understand(schema, turns, _today(system))
    except (Unclear, sql.Unreachable):
        return None


def understand(schema: Schema, turns: Sequence[Turn], today: date) -> Understood:
    """The last question, read with the ones before it.

    Raises:
        Unclear, sql.Unreachable: It cannot be asked of these tables.
    """
    earlier: Earlier | None = None
    asked = [n for n, turn in enumerate(turns) if turn.role == "user"]
    if len(turns[asked[-1]].text) > LONGEST:
        raise Unclear(f"I can read questions of up to {LONGEST} characters only.")
    for place in asked:
        if len(turns[place].text) > LONGEST:
            continue
        answered = next((t.text for t in turns[place + 1 :] if t.role == "assistant"), "")
        said, query, failure = _one(turns[place].text, earlier, schema, today)
        if place == asked[-1]:
            if query is None:
                raise failure or Unclear("")
            return Understood(said, query, sql.render(said.schema, query))
        names = followup.names(answered, said)
        listed = earlier and (earlier if len(earlier.names) > 1 else earlier.listed)
        earlier = Earlier(said, query, names, None if len(names) > 1 else listed)
    raise Unclear("No question was asked.")


def _one(
    question: str, earlier: Earlier | None, schema: Schema, today: date
) -> tuple[Said, Query | None, Unclear | None]:
    if earlier:
        known = (*schema.mentioned, *earlier.said.schema.mentioned)
        schema = replace(schema, mentioned=tuple(dict.fromkeys(known)))
    said = Said.of(question, schema, today)
    if earlier and followup.leans(question, said):
        whole = followup.whole(question, earlier, schema, today)
        if whole.same_rows and earlier.query:
            # What comes next leans on the question that was asked in full.
            return earlier.said, _rows_of(said, earlier.query, whole.place), None
        said = Said.of(whole.text, whole.schema, today)
    try:
        return said, reading.read(said), None
    except Unclear as error:
        return said, None, error


def _rows_of(said: Said, query: Query, place: int | None) -> Query:
    """The rows that a figure was made of, all or one of them, as far as they meet what is new."""
    name = (
        query.table
        if query.kind == "rows"
        else query.measure.table
        if query.measure
        else query.table
    )
    table = said.schema.table(name)
    fresh = filters.apply(said, Query("rows", name, shown(said, table)))
    rows = replace(
        query,
        kind="rows",
        table=name,
        columns=fresh.columns,
        measure=None,
        group=None,
        having=None,
        ranked=query.ranked and query.kind == "rows",
        conditions=(
            *query.conditions,
            *query.part_of,
            *(fresh.conditions if place is None else ()),
        ),
        related=(*query.related, *(fresh.related if place is None else ())),
        part_of=(),
    )
    if place is None:
        return replace(rows, limit=None, offset=0) if query.kind == "facts" else rows
    keys = tuple(c for c in table.columns if c.primary)
    told = tuple(c for c in table.columns if not c.is_key)
    columns = tuple(dict.fromkeys([*(table.label or keys), *told]))
    order = rows.order or keys[:1]
    down = rows.descending if rows.order else place < 0
    return replace(
        rows,
        kind="facts",
        columns=columns,
        order=order,
        descending=down,
        limit=1,
        offset=max(place, 0),
    )


def told(understood: Understood, result: dict[str, Any]) -> str:
    if result.get("status") == "error":
        return f"The database refused my query: {_text(result)}"
    try:
        columns, rows, cut = _table(result)
    except (ValueError, KeyError, TypeError):
        return "The tool's answer was not the table that I asked for, so I cannot answer."
    return phrase(understood.said, understood.query, columns, rows, cut=cut)


def first_row(result: dict[str, Any]) -> dict[str, Any]:
    """The first row of a result by its columns; empty where there is none."""
    try:
        columns, rows, _ = _table(result)
        return dict(zip(columns, rows[0], strict=True))
    except (ValueError, KeyError, TypeError, IndexError):
        return {}


def _table(result: dict[str, Any]) -> tuple[list[str], list[list[Any]], bool]:
    found = next((b["json"] for b in result["content"] if "json" in b), None)
    found = found or json.loads(_text(result))
    return found["columns"], found["rows"], bool(found.get("truncated"))


def _text(result: dict[str, Any]) -> str:
    return "".join(block.get("text", "") for block in result.get("content") or [])


def _today(system: str) -> date:
    found = element(system, "today")
    try:
        return date.fromisoformat(found.text if found else "")
    except ValueError:
        return date(1970, 1, 1)


def _tables(schema: Schema) -> str:
    lines = [
        f"- **{table.name}** ({table.rows} rows): {', '.join(c.name for c in table.columns)}"
        for table in schema.tables
    ]
    return "The database holds these tables:\n\n" + "\n".join(lines)


def _knows(schema: Schema) -> str:
    return f"Its tables are: {', '.join(table.name for table in schema.tables)}."
