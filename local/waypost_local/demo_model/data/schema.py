"""The database as the prompt describes it: tables, columns, keys and what columns hold."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from waypost_local.demo_model.data import lexicon
from waypost_local.demo_model.prompts import element
from waypost_local.demo_model.words import singular

_TABLE = re.compile(
    r'^CREATE TABLE ("(?:[^"]|"")+"|\w+) \(\n(.*?)^\);?(?:\s*--\s*(\d+) rows)?',
    re.DOTALL | re.MULTILINE,
)
_COLUMN = re.compile(r'^\s*("(?:[^"]|"")+"|\w+)\s*(.*)$')
_REFERENCES = re.compile(r'REFERENCES\s+("(?:[^"]|"")+"|\w+)\s*(?:\(\s*("(?:[^"]|"")+"|\w+)\s*\))?')
_VALUE = re.compile(r"'((?:[^']|'')*)'")
_MONEY = frozenset(("amount", "total", "price", "cost", "revenue", "salary", "rate", "fee", "due"))
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_\W]+")


@dataclass(frozen=True)
class Column:
    """`values` are all that it holds where `complete`, else a few of them."""

    table: str
    name: str
    type: str
    primary: bool = False
    references: tuple[str, str] | None = None
    values: tuple[str, ...] = ()
    complete: bool = False
    dated: bool = False

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Its name in singular words: `BillingCity` → billing, city."""
        return split(self.name)

    @cached_property
    def spoken(self) -> str:
        """Its name as people say it: `UnitPrice` is unit price, `issued_on` issued."""
        words = [part.lower() for part in _CAMEL.split(self.name) if part]
        return " ".join([w for w in words if w not in {"on", "at"}] or words)

    @property
    def is_key(self) -> bool:
        return self.primary or self.references is not None or self.words[-1:] == ("id",)

    @property
    def is_date(self) -> bool:
        return self.dated or bool(re.search(r"DATE|TIME", self.type.upper()))

    @property
    def is_number(self) -> bool:
        kind = re.search(r"INT|REAL|NUM|DEC|FLOA|DOUB|MONEY", self.type.upper())
        return bool(kind) and not self.is_key and not self.is_date

    @property
    def is_money(self) -> bool:
        """By its name an amount or a price, and no whole number."""
        whole = "INT" in self.type.upper()
        return self.is_number and not whole and bool(_MONEY & set(self.words))

    @property
    def is_text(self) -> bool:
        return not (self.is_key or self.is_number or self.is_date)


@dataclass(frozen=True)
class PromptTable:
    name: str
    columns: tuple[Column, ...]
    rows: int | None = None

    @cached_property
    def words(self) -> tuple[str, ...]:
        return split(self.name)

    @cached_property
    def key(self) -> str | None:
        """Its one primary key column, if it has just one."""
        keys = [column.name for column in self.columns if column.primary]
        return keys[0] if len(keys) == 1 else None

    @cached_property
    def label(self) -> tuple[Column, ...]:
        """What a person calls one of its rows: a name, a first and a last name, a title."""
        return _label(self)

    @cached_property
    def is_person(self) -> bool:
        if lexicon.PEOPLE & set(self.words):
            return True
        return len(self.label) == 2

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name.lower() == name.lower()), None)


@dataclass(frozen=True)
class Schema:
    tables: tuple[PromptTable, ...]
    mentioned: tuple[tuple[Column, str], ...] = field(default=())
    """Values of the question, with the columns that they were found in."""

    def table(self, name: str) -> PromptTable:
        return next(t for t in self.tables if t.name.lower() == name.lower())

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return tuple(column for table in self.tables for column in table.columns)


def read(system: str) -> Schema:
    """The schema of a prompt; keys that are only named like keys are linked, too."""
    found = element(system, "schema")
    tables = [_table(*match) for match in _TABLE.findall(found.text + "\n" if found else "")]
    linked = tuple(_linked(table, tables) for table in tables)
    values = element(system, "values")
    schema = Schema(linked)
    return replace(schema, mentioned=tuple(_mentioned(schema, values.text if values else "")))


def split(name: str) -> tuple[str, ...]:
    parts = [part for part in _CAMEL.split(name) if part]
    return tuple(singular(part) for part in parts)


def _table(name: str, body: str, rows: str) -> PromptTable:
    title = _bare(name)
    lines = (line for line in body.splitlines() if _COLUMN.match(line))
    return PromptTable(
        title, tuple(_column(title, line) for line in lines), int(rows) if rows else None
    )


def _column(table: str, line: str) -> Column:
    definition, _, comment = line.partition(" -- ")
    match = _COLUMN.match(definition.rstrip().rstrip(","))
    assert match  # noqa: S101 - `_table` asked for it
    rest = match[2].strip()
    references = _REFERENCES.search(rest)
    values = tuple(value.replace("''", "'") for value in _VALUE.findall(comment))
    return Column(
        table=table,
        name=_bare(match[1]),
        type=re.split(r"\s+(?:PRIMARY|REFERENCES|NOT|DEFAULT|UNIQUE)\b", rest)[0],
        primary="PRIMARY KEY" in rest,
        references=(_bare(references[1]), _bare(references[2] or "")) if references else None,
        values=values,
        complete="distinct:" in comment,
        dated=bool(re.match(r"\s*\d{4}-\d\d-\d\d.*…", comment)),
    )


def _bare(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _linked(table: PromptTable, tables: list[PromptTable]) -> PromptTable:
    return replace(table, columns=tuple(_with_key(c, table, tables) for c in table.columns))


def _with_key(column: Column, table: PromptTable, tables: list[PromptTable]) -> Column:
    if column.references:
        name, key = column.references
        target = next((t for t in tables if t.name.lower() == name.lower()), None)
        if target is None:
            return replace(column, references=None)
        return replace(column, references=(target.name, key or target.key or "rowid"))
    if (column.primary and table.key) or column.words[-1:] != ("id",) or len(column.words) < 2:
        return column
    named = column.words[:-1]
    if table.key and named[-1] in lexicon.SUPERIORS:
        return replace(column, references=(table.name, table.key))
    others = [t for t in tables if t.key and t is not table]
    target = next((t for t in others if (t.key or "").lower() == column.name.lower()), None)
    target = target or next((t for t in others if _names(named, t)), None)
    return (
        replace(column, references=(target.name, target.key)) if target and target.key else column
    )


def _names(words: tuple[str, ...], table: PromptTable) -> bool:
    """`tech` names `technicians`, `customer` names `customers`."""
    if words == table.words:
        return True
    return len(table.words) == 1 and len(words[-1]) > 3 and table.words[0].startswith(words[-1])


def _label(table: PromptTable) -> tuple[Column, ...]:
    texts = [c for c in table.columns if c.is_text]
    first = next((c for c in texts if c.words in (("first", "name"), ("given", "name"))), None)
    last = next(
        (c for c in texts if c.words[0] in {"last", "sur", "family"} or c.words == ("surname",)),
        None,
    )
    if first and last:
        return (first, last)
    for wanted in lexicon.LABELS:
        for column in texts:
            if column.words == (wanted,) or column.words == (*table.words, wanted):
                return (column,)
    named = next((c for c in texts if "name" in c.words), None)
    return (named,) if named else ()


def _mentioned(schema: Schema, text: str) -> Iterator[tuple[Column, str]]:
    for line in text.splitlines():
        place, _, values = line.partition(": ")
        table_name, _, column_name = place.partition(".")
        table = next((t for t in schema.tables if t.name == table_name), None)
        column = table.column(column_name) if table else None
        if column:
            for value in _VALUE.findall(values):
                yield column, value.replace("''", "'")
