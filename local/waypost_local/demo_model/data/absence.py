"""Rows by what they lack: no company, no stock, nobody assigned."""

import re
from collections.abc import Iterator

from waypost_local.demo_model.data import vocabulary
from waypost_local.demo_model.data.comparing import compared
from waypost_local.demo_model.data.mentions import ValueLink
from waypost_local.demo_model.data.query import Condition
from waypost_local.demo_model.data.said import Said
from waypost_local.demo_model.data.schema import Column


def lacking(said: Said, about: str) -> Iterator[Condition]:
    """`without a company`, `with no phone number`, `not yet completed`."""
    table = said.schema.table(about)
    for named in said.links.columns:
        if not said.free(named):
            continue
        own = next((c for c in named.columns if c.table == table.name), None)
        if own is None:
            continue
        before = said.before(named.first, 3)
        if re.search(r"\b(without|no|missing|lack|lacks|lacking)\b|n't have|not have", before):
            said.use(named)
            yield _no_value(own)
        elif re.search(r"\b(with|have|has|having) (an? |any )?$", before + " ") and own.is_text:
            after = said.links.at(named.last + 1)
            if not isinstance(after, ValueLink) and not any(
                c.last + 1 == named.first for c in compared(said)
            ):
                said.use(named)
                yield Condition((own,), "null", negated=True)
    if match := re.search(
        r"\b(?:not (?:yet )?(?:been )?|n't (?:yet )?(?:been )?|still (?:un|not )|yet to be )(\w+)",
        said.low,
    ):
        for column in table.columns:
            if column.is_date and len(match[1]) > 3 and column.words[0][:4] == match[1][:4]:
                held = said.links.at(said.token_at(match.start(1)))
                if not isinstance(held, ValueLink):
                    yield Condition((column,), "null")
    for column in sorted(table.columns, key=lambda c: not _is_worker(said, c)):
        if column.references and said.has(
            rf"\bunassigned\b|\bno {column.words[0]}\b|\bwithout an? {column.words[0]}\b"
        ):
            target = said.schema.table(column.references[0])
            if said.has(r"\bunassigned\b") and not target.is_person:
                continue
            for held_table in said.links.tables:
                if target in held_table.tables:
                    said.use(held_table)
            yield Condition((column,), "null")
            return


def _is_worker(said: Said, column: Column) -> bool:
    target = said.schema.table(column.references[0]) if column.references else None
    return target is not None and bool(vocabulary.WORKERS & set(target.words))


def _no_value(column: Column) -> Condition:
    """Some write `none` where others leave a column empty."""
    said_so = tuple(
        v for v in column.values if column.complete and v.lower() in {"none", "n/a", "no"}
    )
    return Condition((column,), "=", said_so) if said_so else Condition((column,), "null")


def stocked(said: Said, base: str) -> Iterator[Condition]:
    """`out of stock`, `in stock`."""
    out = said.has(r"\b(out of stock|sold out|not in stock|no stock)\b")
    if not out and not said.has(r"\bin stock\b"):
        return
    for column in said.schema.table(base).columns:
        if column.is_number and {"stock", "inventory"} & set(column.words):
            yield Condition((column,), "=" if out else ">", (0,))
            return
