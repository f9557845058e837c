"""From a question to a query: which kind of question it is, and the query of that kind."""

import re
from dataclasses import replace

from waypost_local.builtin.data import figures, filters, graph, leftovers, ranking, vocabulary
from waypost_local.builtin.data.links import ColumnLink, TableLink, ValueLink
from waypost_local.builtin.data.query import Condition, Group, Measure, Query
from waypost_local.builtin.data.ranking import dated, entity, named_measure, shown
from waypost_local.builtin.data.said import Said, Unclear, column_of, date_column, nearest
from waypost_local.builtin.data.schema import Column, Table

_COUNT = re.compile(
    r"\bhow many\b|\b(?:total |overall )?(?:number|count|quantity) of\b|^count\b|\bcount "
    r"(?:the|all|how many)\b|"
    r"\bhow much\b"
)
_SHARE = re.compile(r"\b(percent(?:age)?|share|proportion|fraction|what part|%)\b(?: of)?")
_AVERAGE = re.compile(r"\b(average|mean|avg|typical(?:ly)?|on average)\b")
_TOTAL = re.compile(r"\b(total|sum|overall|altogether|combined|in all|cumulative)\b")
_HIGH = re.compile(r"\b(highest|maximum|max|largest|longest|greatest|biggest)\b")
_LOW = re.compile(r"\b(lowest|minimum|min|smallest|shortest)\b")
_PER = re.compile(
    r"\b(?:per|by|for each|for every|in each|in every|of each|each|every|across|grouped by"
    r"|broken down by|split by|"
    r"for all|within each|over the|over)\s+(?:the |all |our |different )*",
)
_PART = re.compile(
    r"\b(?:per|by|each|every|for each|in each|over the|over) (?:calendar )?(year|month"
    r"|quarter|weekday|day)s?\b|"
    r"\b(yearly|annual(?:ly)?|monthly|quarterly|daily)\b"
)
_PARTS = {"yearly": "year", "annual": "year", "annually": "year", "monthly": "month",
          "quarterly": "quarter", "daily": "day"}  # fmt: skip
_YES_NO = re.compile(r"^(is|are|was|were|do|does|did|has|have|any)\b")


def read(said: Said) -> Query:
    """Raises Unclear where the tables do not hold what is asked for."""
    for reader in (_share, _versus, _relatives, _ranked, _figure, _whether, _facts, _rows):
        said.used.clear()
        query = reader(said)
        if query:
            leftovers.check(said)
            return query
    raise Unclear("I cannot tell which table or column the question is about.")


def _finish(said: Said, query: Query) -> Query:
    return filters.apply(said, query)


def _share(said: Said) -> Query | None:
    """The part of a whole that meets the last condition."""
    match = _SHARE.search(said.low)
    if not match or said.links.at(said.token_at(match.start())):
        return None
    start = said.token_at(match.end())
    measure = _money_or_rows(said, start)
    if measure is None:
        return None
    query = _finish(said, Query("share", measure.table, measure=measure))
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


def _versus(said: Said) -> Query | None:
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
    query = _finish(said, Query("groups", measure.table, measure=measure, ranked=True))
    chosen = next((c for c in query.conditions if len(c.values) > 1), None)
    if chosen is None or not measure:
        return None
    return replace(
        query, group=Group(chosen.columns), descending=not said.has(r"\b(fewer|lower|less)\b")
    )


def _relatives(said: Said) -> Query | None:
    """Who reports to whom."""
    if _count_word(said) or ranking.superlative(said):
        return None
    for table in said.schema.tables:
        if graph.self_reference(said.schema, table.name):
            query = _finish(said, Query("rows", table.name, shown(said, table)))
            if query.kin:
                title = next(
                    (c for c in table.columns if c.words in (("title",), ("role",), ("position",))),
                    None,
                )
                columns = tuple(dict.fromkeys([*query.columns, *([title] if title else [])]))
                return replace(query, columns=columns)
            said.used.clear()
    return None


def _ranked(said: Said) -> Query | None:
    if re.search(r"\bhow many\b", said.low) and not said.has(r"\b(which|who|top)\b"):
        return None
    if _AVERAGE.search(said.low) and not said.has(
        r"\b(which|who|what \w+ has|top|highest average|lowest average)\b"
    ):
        return None
    query = ranking.read(said)
    return _finish(said, query) if query else None


def _figure(said: Said) -> Query | None:
    """A count, a sum, an average; alone or for each of something."""
    group = _grouping(said)
    measure = _measure(said, group)
    if measure is None:
        return None
    if group and group.part and group.columns[0].table == "":
        column = dated(said, measure.table)
        group = Group((column,), part=group.part) if column else None
    if group is None and len(said.whens) > 1 and (day := dated(said, measure.table)):
        group = Group((day,), part=_length(said))
    of_itself = group is not None and group.entity and group.table == measure.table
    if of_itself and measure.columns and _AVERAGE.search(said.low):
        measure, group = replace(measure, function="avg"), None
    if group and _is_average_of_groups(said, measure, group):
        average = replace(measure, name=f"average_{measure.name}")
        return _finish(said, Query("average", measure.table, measure=average, group=group))
    kind = "groups" if group else "value"
    table = group.table if group else measure.table
    return _finish(said, Query(kind, table, measure=measure, group=group))  # type: ignore[arg-type]


def _length(said: Said) -> str:
    """The part of a date that tells several times apart."""
    spans = [(when.end - when.first).days for when in said.whens if when.end and when.first]
    return "year" if min(spans, default=0) > 360 else "month"


def _is_average_of_groups(said: Said, measure: Measure, group: Group) -> bool:
    """The average number of tracks per album is one number."""
    if not _AVERAGE.search(said.low):
        return False
    return measure.function in {"count", "sum"} or (not measure.columns)


def _grouping(said: Said) -> Group | None:
    if match := _PART.search(said.low):
        part = match[1] or _PARTS[match[2]]
        return Group((Column("", "", "DATE"),), part=part)
    for match in _PER.finditer(said.low):
        if match[0].startswith("by") and said.has(r"^list\b(?! the number)"):
            continue
        place = said.token_at(match.end())
        named = next(
            (
                n
                for n in said.names_after(place, 2)
                if n.first <= place + (0 if match[0].startswith("by") else 1)
            ),
            None,
        )
        if named is None or isinstance(said.links.at(place), ValueLink):
            continue
        after = said.links.at(named.last + 1)
        if (
            match[0].startswith(("by ", "over"))
            and isinstance(after, ValueLink)
            and isinstance(named, TableLink)
        ):
            continue
        said.use(named)
        if isinstance(named, TableLink):
            if (
                isinstance(after, ColumnLink)
                and after.columns[0].table == named.tables[0].name
                and not after.columns[0].is_number
            ):
                said.use(after)
                return Group((after.columns[0],))
            return entity(named.tables[0])
        near = [t.tables[0].name for t in said.links.tables]
        column = column_of(said, named, _fact_first(said, near))
        if column.is_number:
            return None
        return Group((column,))
    return None


def _fact_first(said: Said, near: list[str]) -> list[str]:
    if (
        figures.asks_for_money(said.low)
        and not near
        and (measure := figures.money(said.schema, []))
    ):
        return [measure.table]
    return near


def _measure(said: Said, group: Group | None) -> Measure | None:
    about = [group.table] if group and group.table else []
    about += [t for t in _must_reach(said) if t not in about]
    counts = _count_word(said)
    average = _AVERAGE.search(said.low)
    if counts and counts[0] != "how much":
        return _counted(said, said.token_at(counts.end()), about, bool(average))
    if average:
        return _averaged(said, said.token_at(average.end()), about)
    if counts:
        return _how_much(said, said.token_at(counts.end()), about)
    if match := _TOTAL.search(said.low):
        held = said.links.at(said.token_at(match.start()))
        if held is None or not said.has(r"\bof (the )?(invoice|order)s? \d"):
            return _summed(said, said.token_at(match.end()), about, held)
    if group and said.links.tables and not figures.asks_for_money(said.low):
        free = [t for t in said.links.tables if said.free(t)]
        if free and not said.has(r"^(list|show|who|what|name)\b.*\b(names?|emails?)\b"):
            said.use(free[0])
            return figures.rows(said.schema, free[0].tables[0].name)
    if figures.asks_for_money(said.low) and (group or _speaks_of_money(said)):
        return figures.money(said.schema, about)
    if group and said.links.columns:
        free_columns = [c for c in said.links.columns if said.free(c)]
        numbers = [c for n in free_columns if (c := column_of(said, n, about)).is_number]
        if numbers:
            return figures.of_column("sum", numbers[0])
    return None


def _count_word(said: Said) -> re.Match[str] | None:
    """`the number of invoices` counts, `the phone number of` does not."""
    for match in _COUNT.finditer(said.low):
        before = said.links.at(said.token_at(match.start()) - 1)
        if not match[0].startswith("number") or (before is None and not _numbered(said, match)):
            return match
    return None


def _numbered(said: Said, match: re.Match[str]) -> bool:
    """Whether it is a phone number or the like, on record or not."""
    return bool(
        re.search(
            r"\b(phone|fax|serial|account|tax|reference|id|mobile)\W*$", said.low[: match.start()]
        )
    )


def _speaks_of_money(said: Said) -> bool:
    return said.has(
        r"\b(revenues?|sales|turnover|income|earnings|takings|proceeds|spending)\b"
    ) and not said.has(r"^(who|list|which|name)\b")


def _must_reach(said: Said) -> list[str]:
    """Tables of values that can be in one table only: a figure must belong to their rows."""
    found = []
    for value in said.links.values:
        tables = {columns[0].table for columns, _ in value.options}
        if len(tables) == 1:
            found.append(next(iter(tables)))
        elif all(said.schema.table(c[0].table).label == c for c, _ in value.options):
            columns, _ = filters.choose(said, value, "", "")
            found.append(columns[0].table)
    return list(dict.fromkeys(found))


def _counted(said: Said, start: int, about: list[str], average: bool) -> Measure | None:
    names = said.names_after(start)
    tables = [n for n in names if isinstance(n, TableLink)]
    if re.match(r"(people|persons)\b", _rest(said, start)) and not tables:
        person = ranking.person(said)
        return figures.rows(said.schema, person.name) if person else None
    first = next((n for n in names if said.free(n)), None)
    if counted := _rows_of_value(said, start, first):
        return counted
    if first is None:
        if re.match(r"(times|units|pieces|copies|sales)\b", _rest(said, start)):
            return figures.pieces(said.schema, about)
        if said.has(r"\b(sold|bought|purchased)\b"):
            return figures.pieces(said.schema, about)
        beside = [n for n in said.names_after(0) if said.free(n) and isinstance(n, TableLink)]
        if beside and said.links.values:
            said.use(beside[0])
            return figures.rows(said.schema, beside[0].tables[0].name)
        return None
    said.use(first)
    if isinstance(first, TableLink):
        return _count_of(said, first, about)
    column = column_of(
        said, first, [*(t.tables[0].name for t in tables), *about] or _first_people(said)
    )
    if (
        column.is_number
        and said.has(r"\bhow many\b|\bnumber of\b")
        and not said.has(r"\b(different|distinct|unique)\b")
    ):
        quantity = set(column.words) & {*vocabulary.QUANTITIES, "hour", "minute", "stock", "day"}
        return (
            figures.of_column("avg" if average and not about else "sum", column)
            if quantity
            else None
        )
    for held in tables:
        if held.tables[0].name == column.table:
            said.use(held)
    return Measure(
        "count",
        column.table,
        (column,),
        distinct=True,
        name="_".join((*column.words[:-1], figures.plural(column.words[-1]))),
    )


def _first_people(said: Said) -> list[str]:
    buyers = [t.name for t in said.schema.tables if vocabulary.BUYERS & set(t.words)]
    return buyers or [said.schema.tables[0].name]


def _count_of(said: Said, first: TableLink, about: list[str]) -> Measure:
    table = first.tables[0]
    sold = re.search(r"\b(sold|sells?|selling|bought|buys?|purchased?|used|consumed)\b", said.low)
    asked = said.low[said.tokens[first.last].to :]
    if sold and not set(table.words) & vocabulary.TRANSACTIONS and not table.is_person:
        never = said.has(r"\b(never|not|n't)\b") or re.search(r"\bn't\b|n't ", said.low)
        if re.search(r"\b(sold|sell|bought|buy|purchased?|used|consumed)\b", asked) and not never:
            measure = figures.pieces(said.schema, [*about, table.name])
            if measure:
                return measure
    return figures.rows(said.schema, table.name)


def _rest(said: Said, start: int) -> str:
    return said.low[said.tokens[start].at :] if start < len(said.tokens) else ""


def _rows_of_value(said: Said, start: int, named: TableLink | ColumnLink | None) -> Measure | None:
    """`How many sales managers …`: rows that have the value, where no table is named after it."""
    value = next((v for v in said.links.values if start <= v.first <= start + 1), None)
    if value is None or (named and named.first <= value.last + 2):
        return None
    between = said.tokens[value.last + 1 : named.first] if named else []
    if named and all(
        t.low in {"and", "or", ","} or said.links.at(n)
        for n, t in enumerate(between, value.last + 1)
    ):
        return None
    tables = [said.schema.table(columns[0].table) for columns, _ in value.options]
    stock = next((c for t in tables if (c := figures.sized(t, ("stock", "inventory")))), None)
    if stock and said.has(r"\bin stock\b|\bleft\b|\bon hand\b|\bavailable\b"):
        return figures.of_column("sum", stock)
    people = [t for t in tables if t.is_person] or tables
    return figures.rows(said.schema, people[0].name)


def _averaged(said: Said, start: int, about: list[str]) -> Measure | None:
    rest = _rest(said, start)
    if match := re.match(r"\W*(number|count|amount) of\b", rest):
        begin = said.token_at(said.tokens[start].at + match.end())
        return _counted(said, begin, about, average=True)
    names = [n for n in said.names_after(start) if said.free(n)] or [
        n for n in said.names_after(0) if said.free(n)
    ]
    columns = [n for n in names if isinstance(n, ColumnLink)]
    for named in columns:
        column = column_of(
            said, named, [*(n.tables[0].name for n in names if isinstance(n, TableLink)), *about]
        )
        if column.is_number:
            said.use(named)
            _use_table(said, column)
            return figures.of_column("avg", column)
    for named_table in names:
        if isinstance(named_table, TableLink):
            column_ = _figure_of_table(said, named_table.tables[0])
            if column_ and not (figures.asks_for_money(rest) and "price" in column_.words):
                said.use(named_table)
                return figures.of_column("avg", column_)
    if figures.asks_for_money(said.low) or re.search(r"\bvalue\b", rest):
        measure = figures.money(said.schema, about)
        return (
            measure
            if about
            else (replace(measure, function="avg", name="average_total") if measure else None)
        )
    if re.match(r"\W*age\b", rest):
        return None
    return None


def _use_table(said: Said, column: Column) -> None:
    for held in said.links.tables:
        if held.tables[0].name == column.table:
            said.use(held)


def _figure_of_table(said: Said, table: Table) -> Column | None:
    """`average invoice`, `average track length`: what is measured of such a row."""
    if said.has(r"\b(length|long|duration|takes?|last|runtime)\b"):
        found = figures.sized(table, vocabulary.DURATIONS)
        if found:
            return found
    if said.has(r"\b(price|cost|costs|expensive)\b"):
        return figures.sized(table, vocabulary.PRICES)
    if said.has(r"\b(size|big|large|bytes)\b"):
        return figures.sized(table, ("byte", "size"))
    return figures.main_number(table, vocabulary.MONEY_COLUMNS)


def _how_much(said: Said, start: int, about: list[str]) -> Measure | None:
    rest = _rest(said, start)
    named = next((n for n in said.names_after(start, 4) if isinstance(n, ColumnLink)), None)
    if (
        named
        and (column := column_of(said, named, about)).is_number
        and not re.match(r"\W*(is|are|does|do|did)\b", rest)
    ):
        said.use(named)
        return figures.of_column("sum", column)
    one_row = re.match(
        r"\W*(is|are|does|do)\b.*\b(cost|costs|sell for|price)\b|\W*(is|are)\b", rest
    )
    if one_row and said.links.values:
        return None
    measure = figures.money(said.schema, about)
    if measure and figures.asks_for_money(said.low):
        for held in said.links.tables:
            if held.tables[0].name == measure.table:
                said.use(held)
        return measure
    return None


def _summed(said: Said, start: int, about: list[str], held: object) -> Measure | None:
    rest = _rest(said, start)
    if column_ := _lasting(said, rest):
        return figures.of_column("sum", column_)
    if (
        isinstance(held, ColumnLink)
        and (column := column_of(said, held, [*said.named_tables, *about])).is_number
    ):
        beside = re.search(r"\b(invoice|order|line|bill|sale)s?'? total", said.low)
        if not figures.asks_for_money(rest.split(" of ")[0]) and (
            beside or not said.names_after(start, 2)
        ):
            said.use(held)
            _use_table(said, column)
            return figures.of_column("sum", column)
    if match := re.match(r"\W*(number|count) of\b", rest):
        return _counted(
            said, said.token_at(said.tokens[start].at + match.end()), about, average=False
        )
    names = [n for n in said.names_after(start) if said.free(n)]
    clause = re.split(r"\b(?:in|from|since|for|last|this|during|by|per|of)\b", rest)[0]
    loose = not names or not names[0].exact or names[0].first > start + 2
    if figures.asks_for_money(clause) and loose and (measure := figures.money(said.schema, about)):
        return measure
    for named in names:
        if isinstance(named, ColumnLink):
            column = column_of(said, named, [*said.named_tables, *about])
            if column.is_number:
                said.use(named)
                _use_table(said, column)
                return figures.of_column("sum", column)
        elif column_ := _summable(said, named.tables[0], rest):
            said.use(named)
            return figures.of_column("sum", column_)
    if figures.asks_for_money(said.low) or re.search(r"\b(value|amount)\b", rest):
        return figures.money(said.schema, about)
    if names and isinstance(names[0], TableLink) and not said.links.columns:
        said.use(names[0])
        return figures.rows(said.schema, names[0].tables[0].name)
    return None


def _lasting(said: Said, rest: str) -> Column | None:
    """How long, where what is named has its length in its parts."""
    if not re.search(r"\b(length|duration|runtime|playing time|play time)\b", rest):
        return None
    options = [c for t in said.schema.tables if (c := figures.sized(t, vocabulary.DURATIONS))]
    return nearest(said.schema, options, said.named_tables)


def _summable(said: Said, table: Table, rest: str) -> Column | None:
    if re.search(r"\b(length|duration|runtime|playing time|time)\b", rest):
        return figures.sized(table, vocabulary.DURATIONS)
    if re.search(r"\b(size|bytes)\b", rest):
        return figures.sized(table, ("byte", "size"))
    return figures.main_number(table, vocabulary.MONEY_COLUMNS[:7])


def _whether(said: Said) -> Query | None:
    """Yes or no: are there any such rows?"""
    if not _YES_NO.match(said.low) and not said.has(r"^is there|^are there"):
        return None
    named = next((t for t in said.links.tables), None)
    checked = _check(said)
    if checked:
        return checked
    if named is None or not (
        said.links.values
        or said.whens
        or filters.compared(said)
        or said.has(r"\b(any|without|no|there)\b")
    ):
        return None
    said.use(named)
    measure = figures.rows(said.schema, named.tables[0].name)
    return _finish(said, Query("exists", measure.table, measure=measure))


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


def _facts(said: Said) -> Query | None:
    """Something about one row that the question names."""
    keyed = list(filters.keyed(said))
    holder = _named_row(said)
    if keyed:
        table, condition = said.schema.table(keyed[0].table), keyed[0]
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
    return _finish(said, query)


def _outline(said: Said, table: Table, condition: Condition) -> Query | None:
    """Of a row that has a name and nothing else: how much belongs to it."""
    below = figures.children(said.schema, table.name)
    if not below:
        return None
    measure = figures.rows(said.schema, below[0])
    return Query("groups", table.name, measure=measure, group=entity(table),
                 conditions=(condition,), limit=1, ranked=True)  # fmt: skip


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


def _asked_columns(said: Said, table: Table) -> tuple[Column, ...]:
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


def _asked_table(said: Said, table: Table) -> bool:
    """Whether the question is about another table than that of the row it names."""
    return any(named.tables[0].name != table.name for named in said.links.tables)


def _rows(said: Said) -> Query | None:
    """A list: of names, of rows, of the different values of a column."""
    focus = _list_focus(said)
    if focus is None or (
        said.has(r"^who\b(?! (is|are|was|were) (the|our)\b)") and not _is_person(focus)
    ):
        return _people(said)
    said.use(focus)
    if isinstance(focus, ColumnLink):
        return _distinct(said, focus)
    table = focus.tables[0]
    columns = shown(said, table, *_extra(said, table, focus))
    order = _sorted_by(said, table)
    query = Query(
        "rows", table.name, columns, order=order, descending=bool(order) and said.has(r"\bdesc")
    )
    return _finish(said, query)


def _list_focus(said: Said) -> TableLink | ColumnLink | None:
    names = list(said.names_after(0))
    if not names:
        return None
    tables = [n for n in names if isinstance(n, TableLink)]
    if not tables:
        return names[0]
    first = tables[0]
    columns_before = [n for n in names if isinstance(n, ColumnLink) and n.first < first.first]
    if columns_before and said.has(r"^(what|which|list|show|give|name)\b"):
        column = columns_before[0]
        different = said.has(r"\b(different|distinct|unique|possible|available)\b")
        kinds = {c.table for c in column.columns}
        of_them = said.has(r"\bof (all |the |our )*\w+") and not different
        if not of_them and (different or first.tables[0].name not in kinds or _which(said, column)):
            return column
    return first


def _is_person(focus: TableLink | ColumnLink) -> bool:
    return isinstance(focus, TableLink) and focus.tables[0].is_person


def _which(said: Said, column: ColumnLink) -> bool:
    """`which countries do our customers come from`"""
    return bool(re.match(r"(which|what)\b", said.low)) and column.first <= 2


def _distinct(said: Said, focus: ColumnLink) -> Query:
    tables = [t.tables[0].name for t in said.links.tables] or _first_people(said)
    column = column_of(said, focus, tables)
    for held in said.links.tables:
        if held.tables[0].name == column.table:
            said.use(held)
    query = _finish(said, Query("distinct", column.table, (column,)))
    counted = next((r for r in query.related if r.operator), None)
    one = next((r for r in filters.compared(said) if filters.counts_rows(said, r)), None)
    if counted or one:
        return _having(said, query, column)
    return query


def _having(said: Said, query: Query, column: Column) -> Query:
    """`countries with more than 5 customers`: the column's values with their number of rows."""
    one = next(r for r in filters.compared(said) if filters.counts_rows(said, r))
    named = filters.counts_rows(said, one)
    table = named.tables[0].name if named else column.table
    measure = figures.rows(said.schema, table)
    own = nearest_column(said, column, table)
    return Query("groups", table, measure=measure, group=Group((own,)), conditions=query.conditions,
                 having=(one.operator, one.number))  # fmt: skip


def nearest_column(said: Said, column: Column, table: str) -> Column:
    named = next((n for n in said.links.columns if column in n.columns), None)
    if named is None:
        return column
    return column_of(said, named, [table])


def _extra(said: Said, table: Table, focus: TableLink) -> list[Column]:
    """Columns beside the name: what conditions are about, a person's title."""
    if not table.label:
        return [c for c in table.columns if not c.references][:5]
    return []


def _sorted_by(said: Said, table: Table) -> tuple[Column, ...]:
    match = re.search(r"\b(?:sorted|ordered|order|sort|in order of) (?:by )?(?:the )?", said.low)
    match = match or re.search(r"(?<=\w) by (?:the |their )?", said.low)
    if not match:
        return ()
    place = said.token_at(match.end())
    named = next((n for n in said.links.columns if n.first >= place), None)
    if named is None:
        return ()
    said.use(named)
    return (column_of(said, named, [table.name]),)


def _people(said: Said) -> Query | None:
    """`Who works in Berlin?`: people with the values that the question names."""
    narrowed = said.links.values or said.whens or filters.compared(said)
    listing = said.has(r"^(list|show|give|name|all|get|find)\b") and said.links.values
    if not (said.has(r"^(who|whose|which people)\b") and narrowed) and not listing:
        return None
    holders = [
        said.schema.table(columns[0].table)
        for value in said.links.values
        for columns, _ in value.options
        if said.schema.table(columns[0].table).is_person
    ]
    buys = said.has(r"\b(bought|buys?|purchased|ordered|spent|paid)\b")
    wanted = vocabulary.BUYERS if buys else vocabulary.WORKERS
    holders.sort(key=lambda t: not wanted & set(t.words))
    table = holders[0] if holders else ranking.person(said)
    if table is None:
        return None
    return _finish(said, Query("rows", table.name, shown(said, table)))
