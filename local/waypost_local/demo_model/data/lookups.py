"""Questions about one row, and questions that are answered by yes or no."""

import re
from dataclasses import replace

from waypost_local.demo_model.data import figures, filters, graph, vocabulary
from waypost_local.demo_model.data.comparing import compared
from waypost_local.demo_model.data.measuring import count_word
from waypost_local.demo_model.data.mentions import ValueLink
from waypost_local.demo_model.data.naming import keyed
from waypost_local.demo_model.data.query import Condition, Query
from waypost_local.demo_model.data.said import Said, date_column
from waypost_local.demo_model.data.schema import Column, PromptTable
from waypost_local.demo_model.data.subjects import entity, shown
from waypost_local.demo_model.data.superlatives import superlative

_YES_NO = re.compile(r"^(is|are|was|were|do|does|did|has|have|any)\b")


def relatives(said: Said) -> Query | None:
    """Who reports to whom."""
    if count_word(said) or superlative(said):
        return None
    for table in said.schema.tables:
        if graph.self_reference(said.schema, table.name):
            query = filters.apply(said, Query("rows", table.name, shown(said, table)))
            if query.kin:
                title = next(
                    (c for c in table.columns if c.words in (("title",), ("role",), ("position",))),
                    None,
                )
                columns = tuple(dict.fromkeys([*query.columns, *([title] if title else [])]))
                return replace(query, columns=columns)
            said.used.clear()
    return None


def whether(said: Said) -> Query | None:
    """Yes or no: are there any such rows?"""
    if not _YES_NO.match(said.low) and not said.has(r"^is there|^are there"):
        return None
    named = next((t for t in said.links.tables), None)
    checked = _check(said)
    if checked:
        return checked
    if named is None or not (
        said.links.values or said.whens or compared(said) or said.has(r"\b(any|without|no|there)\b")
    ):
        return None
    said.use(named)
    measure = figures.rows(said.schema, named.tables[0].name)
    return filters.apply(said, Query("exists", measure.table, measure=measure))


def _check(said: Said) -> Query | None:
    """`Is Tom active?`: a named row and a value that one of its columns may have."""
    for who in said.links.values:
        for columns, text in who.options:
            table = said.schema.table(columns[0].table)
            if columns != table.label:
                continue
            for what in said.links.values:
                column = next(
                    (c[0] for c, _ in what.options if c[0].table == table.name and c != columns),
                    None,
                )
                if what is not who and column is not None:
                    said.use(who, what)
                    named = Condition(columns, "=", (text,))
                    shown_ = (*table.label, column)
                    return Query("facts", table.name, shown_, conditions=(named,), limit=_FEW)
    return None


_FEW = 20


_ALL = re.compile(
    r"\b(tell me (more )?about|who is|who's|what do (you|we) know about|details|information"
    r"|info|describe|everything|record|profile)\b"
)


_WHERE = re.compile(r"^where\b|\bwhere (does|do|is|are|did)\b|\baddress\b")


_WHEN = re.compile(r"^when\b|\bwhat (date|day|year|time)\b|\bsince when\b|\bhow long has\b")


def facts(said: Said) -> Query | None:
    """Something about one row that the question names."""
    by_key = next(keyed(said), None)
    holder = _named_row(said)
    if by_key:
        table, condition = said.schema.table(by_key.table), by_key
    elif holder:
        value, columns, text = holder
        table, condition = said.schema.table(columns[0].table), Condition(columns, "=", (text,))
        said.use(value)
    else:
        return None
    asked = _asked_columns(said, table)
    if not asked and _asked_table(said, table):
        said.used.clear()
        return None
    if not asked and _ALL.search(said.low):
        asked = tuple(c for c in table.columns if not c.references and not c.primary)
    if not asked:
        return None
    if set(asked) <= set(table.label) and _ALL.search(said.low):
        return _outline(said, table, condition)
    label = table.label or tuple(c for c in table.columns if c.name == table.key)
    found = tuple(dict.fromkeys([*label, *asked]))
    query = Query("facts", table.name, found, conditions=(condition,), limit=_FEW)
    said.use(*(t for t in said.links.tables if t.tables[0].name == table.name))
    return filters.apply(said, query)


def _outline(said: Said, table: PromptTable, condition: Condition) -> Query | None:
    """Of a row that has a name and nothing else: how much belongs to it."""
    below = figures.children(said.schema, table.name)
    if not below:
        return None
    measure = figures.rows(said.schema, below[0])
    return Query(
        "groups",
        table.name,
        measure=measure,
        group=entity(table),
        conditions=(condition,),
        limit=1,
        ranked=True,
    )


def _named_row(said: Said) -> tuple[ValueLink, tuple[Column, ...], str] | None:
    for value in said.links.values:
        options = [
            (columns, text)
            for columns, text in value.options
            if said.schema.table(columns[0].table).label == columns
        ]
        options.sort(
            key=lambda o: (
                o[0][0].table not in said.named_tables,
                said.schema.table(o[0][0].table).rows or 0,
            )
        )
        asked = list(said.links.columns)
        for columns, text in options:
            table = columns[0].table
            if not asked or any(c.table == table for n in asked for c in n.columns):
                return value, columns, text
        if options:
            return value, *options[0]
    return None


def _asked_columns(said: Said, table: PromptTable) -> tuple[Column, ...]:
    found: list[Column] = []
    for named in said.links.columns:
        own = [c for c in named.columns if c.table == table.name]
        if own:
            said.use(named)
            shortest = min(len(c.words) for c in own)
            found += [c for c in own if len(c.words) == shortest][:1]
    if found:
        return tuple(found)
    if _WHERE.search(said.low):
        return tuple(c for c in table.columns if c.words[-1] in vocabulary.PLACES)
    if _WHEN.search(said.low) or said.has(r"\bhow old\b"):
        birth = next((c for c in table.columns if "birth" in c.words), None)
        if said.has(r"\bhow old\b|\bborn\b"):
            return (birth,) if birth else ()
        column = date_column(said, table)
        return (column,) if column else ()
    if said.has(r"\bhow long\b|\blength of\b"):
        column = figures.sized(table, vocabulary.DURATIONS)
        return (column,) if column else ()
    if said.has(r"\bhow much\b|\bcosts?\b|\bprice\b"):
        column = figures.sized(table, vocabulary.PRICES)
        return (column,) if column else ()
    if said.has(r"\bhow (big|large)\b"):
        column = figures.sized(table, ("byte", "size"))
        return (column,) if column else ()
    if said.has(r"\b(contact|reach|call)\b"):
        return tuple(c for c in table.columns if {"email", "phone"} & set(c.words))
    if said.has(r"\b(wrote|written|composed?)\b"):
        return tuple(c for c in table.columns if {"composer", "author", "writer"} & set(c.words))
    if said.has(r"\bwhat does .* do\b|\bjob\b|\brole\b|\bposition\b"):
        return tuple(
            c for c in table.columns if {"title", "role", "position", "trade"} & set(c.words)
        )[:1]
    return ()


def _asked_table(said: Said, table: PromptTable) -> bool:
    """Whether the question is about another table than that of the row it names."""
    return any(named.tables[0].name != table.name for named in said.links.tables)
