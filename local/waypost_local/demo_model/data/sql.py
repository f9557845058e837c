"""A query as one SQLite SELECT."""

# Names come from the schema, values are quoted here: `name` and `literal` are the only ways in.
# ruff: noqa: S608

import re
from collections.abc import Sequence

from waypost_local.demo_model.data import graph
from waypost_local.demo_model.data.query import Condition, Group, Kin, Measure, Query, Related
from waypost_local.demo_model.data.schema import Column, Schema

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset(
    re.findall(
        r"\w+",
        "order group table select from where index values to in on by as case check default "
        "desc asc "
        "limit and or not null primary references set transaction union unique update using view "
        "when join left right full cross natural distinct having exists all any between like is",
    )
)
_PARTS = {
    "year": "strftime('%Y', {})",
    "month": "strftime('%Y-%m', {})",
    "day": "strftime('%Y-%m-%d', {})",
    "quarter": "strftime('%Y', {0}) || '-Q' || ((CAST(strftime('%m', {0}) AS INTEGER) + 2) / 3)",
    "weekday": "strftime('%w', {})",
    "hour": "strftime('%H', {})",
}


class Unreachable(Exception):
    """Two tables of a query have no way to each other."""


def render(schema: Schema, query: Query) -> str:
    """Raises Unreachable."""
    match query.kind:
        case "average":
            return _average(schema, query)
        case "share":
            return _share(schema, query)
    return _select(schema, query)


def _select(schema: Schema, query: Query) -> str:
    source = _Source(schema, _root(query))
    outputs = _outputs(source, query)
    where = _where(source, query)
    # All of it is put together before the FROM clause is read: each column may add a join.
    after = [*_grouping(source, query), *_ordering(source, query)]
    distinct = "DISTINCT " if query.kind == "distinct" else ""
    lines = [f"SELECT {distinct}{', '.join(outputs)}", f"FROM {source.text()}"]
    if where:
        lines.append(f"WHERE {' AND '.join(where)}")
    lines += after
    if query.limit:
        lines.append(f"LIMIT {query.limit}" + (f" OFFSET {query.offset}" if query.offset else ""))
    return "\n".join(lines)


def _root(query: Query) -> str:
    return query.measure.table if query.measure else query.table


def _outputs(source: "_Source", query: Query) -> list[str]:
    outputs: list[str] = []
    if query.group:
        outputs += _group_outputs(source, query.group)
    if query.measure:
        outputs.append(f"{_figure(source, query)} AS {name(query.measure.name)}")
    if not outputs:
        outputs = [source.column(column) for column in query.columns]
    return outputs


def _group_outputs(source: "_Source", group: Group) -> list[str]:
    if group.part:
        return [f"{_PARTS[group.part].format(source.column(group.columns[0]))} AS {group.part}"]
    return [source.column(column) for column in group.columns]


def _figure(source: "_Source", query: Query) -> str:
    measure = query.measure
    assert measure  # noqa: S101 - asked only where there is one
    if not measure.columns:
        fans = query.group is not None and not source.is_up(query.group.table)
        return f"COUNT(DISTINCT {source.key()})" if fans else "COUNT(*)"
    value = " * ".join(source.column(column) for column in measure.columns)
    figure = f"{measure.function.upper()}({'DISTINCT ' if measure.distinct else ''}{value})"
    if measure.function == "sum":
        return f"ROUND({figure}, 2)"
    return f"ROUND({figure}, 4)" if measure.function == "avg" else figure


def _where(source: "_Source", query: Query) -> list[str]:
    """Conditions on rows that are met once are joined; those on many rows become a subquery."""
    near = [c for c in query.conditions if source.is_up(c.table)]
    far = [c for c in query.conditions if not source.is_up(c.table)]
    where = [_condition(source, condition) for condition in near]
    joined = [c for c in far if query.group and c.table in source.joined]
    where += [_condition(source, condition) for condition in joined]
    far = [c for c in far if c not in joined]
    if asserted := [c for c in far if not c.negated]:
        where.append(_semijoin(source, asserted))
    where += [_semijoin(source, [_asserted(c)], negated=True) for c in far if c.negated]
    where += [_related(source, related, query) for related in query.related]
    if query.kin:
        where.append(_kin(source, query.kin))
    if query.group and not query.group.part and not query.group.entity and query.ranked:
        where.append(f"{source.column(query.group.columns[0])} IS NOT NULL")
    if query.order and query.measure is None and query.ranked:
        where += [f"{source.column(column)} IS NOT NULL" for column in query.order]
    return where


def _asserted(condition: Condition) -> Condition:
    return Condition(condition.columns, condition.operator, condition.values)


def _semijoin(source: "_Source", conditions: Sequence[Condition], *, negated: bool = False) -> str:
    inner = _Source(source.schema, source.root)
    where = [_condition(inner, condition) for condition in conditions]
    word = "NOT IN" if negated else "IN"
    return (
        f"{source.key()} {word} (SELECT {inner.key()} FROM {inner.text()} "
        f"WHERE {' AND '.join(where)})"
    )


def _related(source: "_Source", related: Related, query: Query) -> str:
    """On the table that is asked about, which for a grouped figure is the group's."""
    about = query.group.table if query.group and query.group.entity else source.root
    inner = _Source(source.schema, about)
    inner.join(related.table)
    own = f"{name(about)}.{name(source.schema.table(about).key or 'rowid')}"
    if about != source.root:
        source.join(about)
    word = "NOT IN" if related.negated else "IN"
    where = [_condition(inner, condition) for condition in related.conditions]
    figure = "COUNT(*)"
    if related.measure and related.measure.columns:
        inner.join(related.measure.table)
        value = " * ".join(inner.column(c) for c in related.measure.columns)
        figure = f"{related.measure.function.upper()}({value})"
    picked = f"SELECT {own} FROM {inner.text()}"
    picked += f" WHERE {' AND '.join(where)}" if where else ""
    if related.operator:
        picked += f" GROUP BY {own} HAVING {figure} {related.operator} {literal(related.count)}"
    return f"{own} {word} ({picked})"


def _kin(source: "_Source", kin: Kin) -> str:
    table = name(kin.column.table)
    key = name(kin.column.references[1] if kin.column.references else "rowid")
    inner = _Source(source.schema, kin.column.table)
    where = " AND ".join(_condition(inner, condition) for condition in kin.conditions)
    where = f" WHERE {where}" if where else ""
    if kin.below:
        return f"{table}.{name(kin.column.name)} IN (SELECT {key} FROM {inner.text()}{where})"
    own = name(kin.column.name)
    where = f"{where} AND {own} IS NOT NULL" if where else f" WHERE {own} IS NOT NULL"
    return f"{table}.{key} IN (SELECT {own} FROM {inner.text()}{where})"


def _condition(source: "_Source", condition: Condition) -> str:
    value = " || ' ' || ".join(source.column(column) for column in condition.columns)
    match condition.operator:
        case "null":
            return f"{value} IS {'NOT ' if condition.negated else ''}NULL"
        case "between":
            text = _between(value, condition.values)
            return f"NOT ({text})" if condition.negated else text
        case "like":
            # A backslash in the pattern makes % and _ plain.
            text = (
                f"{value} {'NOT ' if condition.negated else ''}LIKE {literal(condition.values[0])}"
            )
            return f"{text} ESCAPE '\\'" if "\\" in str(condition.values[0]) else text
        case "=":
            return _equal(value, condition)
    word = {"<": ">=", ">": "<=", "<=": ">", ">=": "<"}[condition.operator]
    operator = word if condition.negated else condition.operator
    return f"{value} {operator} {literal(condition.values[0])}"


def _between(value: str, bounds: tuple[str | float, ...]) -> str:
    low, high = bounds
    parts = [f"{value} >= {literal(low)}"] if low != "" else []
    parts += [f"{value} < {literal(high)}"] if high != "" else []
    return " AND ".join(parts)


def _equal(value: str, condition: Condition) -> str:
    values = [literal(one) for one in condition.values]
    if len(values) == 1:
        return f"{value} {'<>' if condition.negated else '='} {values[0]}"
    return f"{value} {'NOT ' if condition.negated else ''}IN ({', '.join(values)})"


def _grouping(source: "_Source", query: Query) -> list[str]:
    if not query.group:
        return []
    group = query.group
    if group.part:
        keys = [group.part]
    elif group.entity:
        table = source.schema.table(group.table)
        keys = [f"{name(group.table)}.{name(table.key)}"] if table.key else []
    else:
        keys = []
    keys = keys or [source.column(column) for column in group.columns]
    lines = [f"GROUP BY {', '.join(keys)}"]
    if query.having and query.measure:
        lines.append(
            f"HAVING {_figure(source, query)} {query.having[0]} {literal(query.having[1])}"
        )
    return lines


def _ordering(source: "_Source", query: Query) -> list[str]:
    way = " DESC" if query.descending else ""
    if query.ranked and query.measure and query.group:
        tie = query.group.part or source.column(query.group.columns[0])
        return [f"ORDER BY {name(query.measure.name)}{way}, {tie}"]
    if query.ranked and query.order:
        keys = [f"{source.column(column)}{way}" for column in query.order]
        label = [source.column(c) for c in query.columns[:1] if c not in query.order]
        return [f"ORDER BY {', '.join(keys + label)}"]
    if query.group and query.group.part:
        return [f"ORDER BY {query.group.part}"]
    if query.group and query.measure:
        return [
            f"ORDER BY {name(query.measure.name)} DESC, {source.column(query.group.columns[0])}"
        ]
    if query.order:
        return [f"ORDER BY {', '.join(source.column(column) for column in query.order)}{way}"]
    if query.columns and not query.measure:
        return [f"ORDER BY {source.column(query.columns[0])}"]
    return []


def _average(schema: Schema, query: Query) -> str:
    """The average of a figure over the groups that have one."""
    source = _Source(schema, _root(query))
    assert query.group  # noqa: S101 - the kind says so
    for column in query.group.columns:
        source.column(column)
    figure = _figure(source, query)
    where = _where(source, query)
    condition = f" WHERE {' AND '.join(where)}" if where else ""
    grouped = " ".join(_grouping(source, query))
    inner = f"SELECT {figure} AS figure FROM {source.text()}{condition} {grouped}"
    label = name(query.measure.name if query.measure else "average")
    return f"SELECT ROUND(AVG(figure), 4) AS {label}\nFROM ({inner})"


def _share(schema: Schema, query: Query) -> str:
    source = _Source(schema, _root(query))
    where = _where(source, query)
    part = " AND ".join(_part(source, condition) for condition in query.part_of)
    measure = query.measure or Measure("count", query.table)
    value = " * ".join(source.column(column) for column in measure.columns) or "1"
    figure = f"SUM(CASE WHEN {part} THEN {value} ELSE 0 END)"
    condition = f"\nWHERE {' AND '.join(where)}" if where else ""
    return (
        f"SELECT ROUND(100.0 * {figure} / SUM({value}), 2) AS percentage, "
        f"ROUND({figure}, 2) AS part, ROUND(SUM({value}), 2) AS whole\n"
        f"FROM {source.text()}{condition}"
    )


def _part(source: "_Source", condition: Condition) -> str:
    if source.is_up(condition.table):
        return _condition(source, condition)
    return _semijoin(source, [_asserted(condition)], negated=condition.negated)


class _Source:
    """A FROM clause that grows as columns are asked for."""

    def __init__(self, schema: Schema, root: str) -> None:
        self.schema = schema
        self.root = root
        self.joined: dict[str, str] = {root: ""}

    def text(self) -> str:
        return " ".join([name(self.root), *(j for j in self.joined.values() if j)])

    def key(self) -> str:
        return f"{name(self.root)}.{name(self.schema.table(self.root).key or 'rowid')}"

    def is_up(self, table: str) -> bool:
        return graph.is_up(graph.path(self.schema, self.root, table))

    def column(self, column: Column) -> str:
        self.join(column.table)
        return f"{name(column.table)}.{name(column.name)}"

    def join(self, table: str) -> None:
        steps = graph.path(self.schema, self.root, table)
        if steps is None:
            raise Unreachable(f"{self.root} and {table} are not linked")
        for step in steps:
            if step.target not in self.joined:
                self.joined[step.target] = (
                    f"JOIN {name(step.target)} ON {name(step.target)}.{name(step.other)} = "
                    f"{name(step.table)}.{name(step.own)}"
                )


def name(text: str) -> str:
    """An identifier, quoted where it needs to be."""
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return '"' + text.replace('"', '""') + '"'


def literal(value: str | float) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return f"{value:g}" if abs(value) < 1e6 else f"{value:.6f}".rstrip("0").rstrip(".")


def escaped(text: str) -> str:
    """A text as a part of a LIKE pattern that means just itself."""
    return re.sub(r"([%_\\])", r"\\\1", text)
