"""One turn of the conversation about the database: SQL for the tool, or words for its rows."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zlib import crc32

from waypost_local.bedrock.model import Piece, TextPiece, ToolUseInput, ToolUseStart
from waypost_local.demo_model.data import examples, followup, sql, wording
from waypost_local.demo_model.data.query import Query, Unclear
from waypost_local.demo_model.data.reading import read as read_items
from waypost_local.demo_model.data.schema import Schema, read
from waypost_local.demo_model.data.tagging import Item, Tagger
from waypost_local.demo_model.prompts import Turn, element

TOOL = "query_database"
LONGEST = 600
"""Characters of a question that is read; rules do not make sense of an essay, but try for long."""
_TABLES = re.compile(
    r"^\W*(what|which|list|show)( me)?( the| are the| all)? (tables|data|schema|information)\b"
    r"( do you have| are there| is there| do you know| do we have)?\W*$",
    re.IGNORECASE,
)
_WHY = re.compile(r"^\W*(why|how come|what caused|explain why)\b", re.IGNORECASE)
_MODEL = "Start with `MODEL=…` and a language model answers in my place."
_CORRECTIONS = 3


@dataclass(frozen=True)
class Understood:
    query: Query
    sql: str


def answer(system: str, turns: Sequence[Turn], results: Sequence[dict[str, Any]]) -> list[Piece]:
    """The next pieces: a call of the tool, or the answer once its result is there."""
    schema = read(system)
    question = next(turn.text for turn in reversed(turns) if turn.role == "user")
    if not schema.tables:
        return [TextPiece("I was shown no tables to answer from.")]
    if _TABLES.match(question):
        return [TextPiece(_tables(schema))]
    try:
        if _WHY.match(question):
            raise Unclear("The tables say what is there, not why.")
        understood = understand(schema, turns, _today(system))
    except Unclear as error:
        return [TextPiece(declined(str(error.args[0]), schema))]
    if results:
        return [TextPiece(told(understood, results[-1]))]
    return query(understood.sql, len(turns))


def declined(reason: str, schema: Schema) -> str:
    """A refusal: why, what could be asked instead, and how a language model answers."""
    asked = " or ".join(f"\u201c{one}\u201d" for one in examples.questions(schema)[:2])
    return f"I cannot answer that from this database. {reason} Ask, for example, {asked} {_MODEL}"


def questions(system: str) -> list[str]:
    """Questions that the tables of a prompt answer; none where it shows none."""
    schema = read(system)
    return examples.questions(schema) if schema.tables else []


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
    except Unclear:
        return None


def understand(schema: Schema, turns: Sequence[Turn], today: date) -> Understood:
    """The last question, read with the ones before it. Raises Unclear."""
    asked = [turn.text for turn in turns if turn.role == "user"]
    if len(asked[-1]) > LONGEST:
        raise Unclear(f"I can read questions of up to {LONGEST} characters only.")
    tagger = Tagger(schema, today)
    earlier = followup.Earlier()
    for question in asked[:-1]:
        if len(question) <= LONGEST:
            earlier = followup.after(tagger, question, earlier, _read)
    found, _ = followup.read(tagger, asked[-1], earlier, _read)
    return Understood(found, sql.render(schema, found))


def _read(tagger: Tagger, items: list[Item]) -> Query:
    """Reads items; a word that has no part in it may be a misspelt one."""
    first: Unclear | None = None
    for _ in range(_CORRECTIONS):
        try:
            return read_items(tagger.schema, [replace(item) for item in items])
        except Unclear as error:
            first = first or error
            corrected = _corrected(tagger, items)
            if corrected is None:
                break
            items = corrected
    raise first or Unclear("")


def _corrected(tagger: Tagger, items: list[Item]) -> list[Item] | None:
    for place, item in enumerate(items):
        bare = not (item.operation or item.is_nominal or item.when or item.filler or item.note)
        near = tagger.misspelt(item.text) if bare and item.number is None else None
        if near:
            (fresh, *_) = tagger.tag(near)
            note = f"(I read \u201c{item.text}\u201d as \u201c{near}\u201d.)"
            return [*items[:place], replace(fresh, at=item.at, note=note), *items[place + 1 :]]
    return None


def told(understood: Understood, result: dict[str, Any]) -> str:
    if result.get("status") == "error":
        return f"The database refused my query: {_text(result)}"
    try:
        columns, rows, cut = _table(result)
    except (ValueError, KeyError, TypeError):
        return "The tool's answer was not the table that I asked for, so I cannot answer."
    return wording.phrase(understood.query, columns, rows, cut=cut)


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
