"""From a question to a query: which kind of question it is, and the query of that kind."""

import re

from waypost_local.demo_model.data import filters, leftovers, ranking
from waypost_local.demo_model.data.lists import listing
from waypost_local.demo_model.data.lookups import facts, relatives, whether
from waypost_local.demo_model.data.measuring import AVERAGE, figure
from waypost_local.demo_model.data.query import Query
from waypost_local.demo_model.data.said import Said, Unclear
from waypost_local.demo_model.data.shares import share, versus


def read(said: Said) -> Query:
    """Raises Unclear where the tables do not hold what is asked for."""
    for reader in (share, versus, relatives, _ranked, figure, whether, facts, listing):
        said.used.clear()
        query = reader(said)
        if query:
            leftovers.check(said)
            return query
    raise Unclear("I cannot tell which table or column the question is about.")


def _ranked(said: Said) -> Query | None:
    if re.search(r"\bhow many\b", said.low) and not said.has(r"\b(which|who|top)\b"):
        return None
    if AVERAGE.search(said.low) and not said.has(
        r"\b(which|who|what \w+ has|top|highest average|lowest average)\b"
    ):
        return None
    query = ranking.read(said)
    return filters.apply(said, query) if query else None
