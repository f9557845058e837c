"""Questions that these tables do answer, for whoever asks what can be asked."""

from waypost_local.demo_model.data.nodes import money
from waypost_local.demo_model.data.query import Unclear
from waypost_local.demo_model.data.schema import PromptTable, Schema
from waypost_local.demo_model.data.wording import noun


def questions(schema: Schema) -> list[str]:
    """Up to three: one that counts, one that sums or ranks, one that lists."""
    tables = [t for t in schema.tables if len(t.words) == 1]
    found = [_counting(t) for t in tables if _status(t)][:1] or [
        f"How many {noun(t, 2)} are there?" for t in tables[:1]
    ]
    try:
        money(schema, ())
        found.append("What is the total revenue?")
    except Unclear:
        found += [f"How many {noun(t, 2)} are there?" for t in tables[1:2]]
    people = [t for t in tables if t.is_person and t.label]
    found += [f"List the {noun(t, 2)}." for t in people[:1]]
    return found or ["What tables are there?"]


def _status(table: PromptTable) -> str | None:
    for column in table.columns:
        if column.complete and column.words[-1:] == ("status",) and column.values:
            return column.values[0]
    return None


def _counting(table: PromptTable) -> str:
    return f"How many {noun(table, 2)} are {_status(table)}?"
