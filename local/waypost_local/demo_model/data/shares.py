"""Parts of a whole, and one figure against another."""

import re
from dataclasses import replace

from waypost_local.demo_model.data import figures, filters
from waypost_local.demo_model.data.mentions import ColumnLink, TableLink
from waypost_local.demo_model.data.query import Condition, Group, Measure, Query
from waypost_local.demo_model.data.said import Said, column_of
from waypost_local.demo_model.data.scoring import named_measure

_SHARE = re.compile(r"\b(percent(?:age)?|share|proportion|fraction|what part|%)\b(?: of)?")


def share(said: Said) -> Query | None:
    """The part of a whole that meets the last condition."""
    match = _SHARE.search(said.low)
    if not match or said.links.at(said.token_at(match.start())):
        return None
    start = said.token_at(match.end())
    measure = _money_or_rows(said, start)
    if measure is None:
        return None
    query = filters.apply(said, Query("share", measure.table, measure=measure))
    if not query.conditions:
        return None
    # The whole is said before the verb: `of our customers in Europe | are companies`.
    verb = re.search(
        r"\b(is|are|was|were|has|have|had|comes?|came|goes|went|live|made|belong|cost|got|do)\b",
        said.low[match.end() :],
    )
    split = match.end() + verb.start() if verb else match.end()
    whole = tuple(c for c in query.conditions if verb and _place(said, c) < split)
    part = tuple(c for c in query.conditions if c not in whole)
    if not part:
        whole, part = query.conditions[:-1], query.conditions[-1:]
    return replace(query, conditions=whole, part_of=part)


def _place(said: Said, condition: Condition) -> int:
    """Where in the text a condition's value stands; dates always narrow the whole."""
    if condition.operator == "between":
        return -1
    texts = [str(v).lower() for v in condition.values]
    for value in said.links.values:
        if any(text.lower() in texts for _, text in value.options):
            return said.tokens[value.first].at
    return len(said.low)


def _money_or_rows(said: Said, start: int) -> Measure | None:
    names = said.names_after(start)
    first = names[0] if names else None
    begin = said.tokens[start].at if start < len(said.tokens) else 0
    until = said.tokens[first.first].at if first else len(said.low)
    about = said.valued_tables[:1]
    if figures.asks_for_money(said.low[begin:until]) and (
        measure := figures.money(said.schema, about)
    ):
        return measure
    if isinstance(first, TableLink):
        said.use(first)
        return figures.rows(said.schema, first.tables[0].name)
    if isinstance(first, ColumnLink) and (column := column_of(said, first, about)).is_number:
        said.use(first)
        return figures.of_column("sum", column)
    return None


def versus(said: Said) -> Query | None:
    """More in A or in B: the figure of each."""
    if not said.has(r"\b(or|versus|vs\.?|compared? (to|with)|and)\b"):
        return None
    if not said.has(r"\b(more|fewer|higher|lower|larger|most|compare|versus|vs)\b"):
        return None
    pairs = [
        (a, b)
        for a, b in zip(said.links.values, said.links.values[1:], strict=False)
        if any(
            t.low.rstrip(".") in {"or", "and", "vs", "versus", "with", "to"}
            for t in said.tokens[a.last + 1 : b.first]
        )
    ]
    if not pairs:
        return None
    start = next(
        (
            n
            for n, t in enumerate(said.tokens)
            if t.low in {"more", "fewer", "higher", "lower", "most"}
        ),
        0,
    )
    table_guess = said.named_tables or [pairs[0][0].options[0][0][0].table]
    measure = named_measure(said, start + 1 if start else 0, None, [])
    measure = measure or (
        figures.money(said.schema, []) if figures.asks_for_money(said.low) else None
    )
    measure = measure or figures.rows(said.schema, table_guess[0])
    query = filters.apply(said, Query("groups", measure.table, measure=measure, ranked=True))
    chosen = next((c for c in query.conditions if len(c.values) > 1), None)
    if chosen is None or not measure:
        return None
    return replace(
        query, group=Group(chosen.columns), descending=not said.has(r"\b(fewer|lower|less)\b")
    )
