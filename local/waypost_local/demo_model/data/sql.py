"""A query as one SQLite SELECT."""

# Names come from the schema, values are quoted here: `name` and `literal` are the only ways in.
# ruff: noqa: S608

import re
from collections.abc import Sequence

from waypost_local.demo_model.data.paths import KeyStep, Path, is_up
from waypost_local.demo_model.data.query import Condition, Measure, Query, Related, Scope, Unclear
from waypost_local.demo_model.data.schema import Column, PromptTable, Schema

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset(
    re.findall(
        r"\w+",
        "order group table select from where index values to in on by as case check default desc "
        "asc limit and or not null primary references set transaction union unique update using "
        "view when join left right full cross natural distinct having exists all any between like "
        "is",
    )
)
_PARTS = {
    "year": "strftime('%Y', {0})",
    "month": "strftime('%Y-%m', {0})",
    "day": "strftime('%Y-%m-%d', {0})",
    "quarter": "strftime('%Y', {0}) || '-Q' || ((CAST(strftime('%m', {0}) AS INTEGER) + 2) / 3)",
    "weekday": "strftime('%w', {0})",
}
_TITLES = {"sum": "total", "avg": "average", "count": "different"}
_EXAMPLES = 20
"""Rows that are shown where it was asked whether there are any."""


def render(schema: Schema, query: Query) -> str:
    return _Writer(schema).select(query)


class _Source:
    """A FROM clause: one table, and those that its foreign keys lead up to."""

    def __init__(self, table: PromptTable) -> None:
        self.table = table
        self._joins: dict[Path, str] = {(): name(table.name)}
        self._text = name(table.name)

    def join(self, path: Path) -> str:
        """The alias of the table at the end of a way up."""
        if path not in self._joins:
            before, step = self.join(path[:-1]), path[-1]
            alias = name(step.target)
            if alias in self._joins.values():
                alias = name(f"{step.target}_{len(self._joins)}")
            renamed = "" if alias == name(step.target) else f" AS {alias}"
            self._text += (
                f" LEFT JOIN {name(step.target)}{renamed}"
                f" ON {alias}.{name(step.key)} = {before}.{name(step.column.name)}"
            )
            self._joins[path] = alias
        return self._joins[path]

    def own(self, column: Column) -> str:
        return f"{name(self.table.name)}.{name(column.name)}"

    def __str__(self) -> str:
        return self._text


class _Writer:
    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def select(self, query: Query) -> str:
        if query.kind == "groups":
            return self._groups(query)
        if query.kind == "share":
            return self._share(query)
        source = _Source(query.scope.table)
        where = self._where(source, query.scope)
        if query.measure:
            figure = f"{_figure(source, query.measure)} AS {name(_title(query.measure))}"
            return _statement([figure], source, where)
        return self._rows(query, source, where)

    def _rows(self, query: Query, source: _Source, where: list[str]) -> str:
        outputs = [self._output(source, column) for column in query.columns]
        if query.order and (query.best or query.limit):
            value = source.own(query.order)
            where = [*where, f"{value} IS NOT NULL"]
            if query.best:
                extreme = f"{'MAX' if query.descending else 'MIN'}({value})"
                best = _statement([extreme], source, where, flat=True)
                where = [*where[:-1], f"{value} = ({best})"]
        text = _statement(outputs, source, where, distinct=query.kind == "distinct")
        text += f"\nORDER BY {_order(query, source) or '1'}"
        limit = query.limit or (_EXAMPLES if query.kind == "exists" else None)
        return f"{text}\nLIMIT {limit}" if limit else text

    def _output(self, source: _Source, column: Column) -> str:
        """A column; of a reference the name of the row that is referred to."""
        parent = self.schema.table(column.references[0]) if column.references else None
        if parent is None or not parent.label:
            return source.own(column)
        alias = source.join((KeyStep(column.table, parent.name, column, up=True),))
        label = " || ' ' || ".join(f"{alias}.{name(c.name)}" for c in parent.label)
        return f"{label} AS {name('_'.join(column.words[:-1]) or parent.name)}"

    def _where(self, source: _Source, scope: Scope, path: Path = ()) -> list[str]:
        """What must hold of the rows at the end of a way up from the source."""
        alias = source.join(path)
        where = [_condition(alias, condition) for condition in scope.conditions]
        for related in scope.related:
            if is_up(related.path) and not related.negated and related.having is None:
                where += self._where(source, related.scope, (*path, *related.path))
            else:
                where.append(self._related(alias, scope.table, related))
        key = f"{alias}.{name(scope.table.key or 'rowid')}"
        if scope.row_of:
            where.append(f"{key} IN ({self._key_at(*scope.row_of)})")
        if scope.rows_of:
            where.append(f"{key} IN ({self._keys(scope.rows_of)})")
        return where

    def _related(self, alias: str, table: PromptTable, related: Related) -> str:
        down = tuple(step for step in related.path if not step.up)
        if not down or related.path[0].up:
            raise Unclear(f"{table.name} cannot be restricted by {related.scope.table.name} here.")
        inner = _Source(self.schema.table(down[-1].target))
        own, key = _link(inner, down, alias)
        up = related.path[len(down) :]
        where = self._where(inner, related.scope, up)
        if related.having:
            operator, count = related.having
            # Rows at the end of a way that leads up again count once each.
            counted = f"DISTINCT {inner.join(up)}.{name(up[-1].key)}" if up else "*"
            where = [f"{own} = {key}", *where]
            figure = _statement([f"COUNT({counted})"], inner, where, flat=True)
            return f"({figure}) {operator} {literal(count)}"
        word = "NOT IN" if related.negated else "IN"
        where = [*where, f"{own} IS NOT NULL"] if related.negated else where
        return f"{key} {word} ({_statement([own], inner, where, flat=True)})"

    def _key_at(self, query: Query, place: int) -> str:
        """The key of the row at a place of what a query lists; -1 is the last."""
        numbered = f"SELECT *, ROW_NUMBER() OVER () AS place FROM ({self._keys(query)})"
        order = "place DESC" if place < 0 else "place"
        key = name(_listed_table(query).key or "rowid")
        return f"SELECT {key} FROM ({numbered}) ORDER BY {order} LIMIT 1 OFFSET {max(place, 0)}"

    def _keys(self, query: Query) -> str:
        """The keys of the rows that a query lists or counts, in their order."""
        table = _listed_table(query)
        key = name(table.key or "rowid")
        if query.group and query.measure:
            inner = self._each_row(query, [f"{name(table.name)}.{key}"])
            figure = name(_title(query.measure))
            order = f"{figure}{' DESC' if query.descending else ''}, {key}"
            text = f"SELECT {key} FROM ({inner})"
        else:
            source = _Source(table)
            text = _statement(
                [f"{name(table.name)}.{key} AS {key}"],
                source,
                self._where(source, query.scope),
                flat=True,
            )
            orders = (_order(query, source), f"{name(table.name)}.{key}")
            order = ", ".join(filter(None, orders))
        return f"{text} ORDER BY {order} LIMIT {query.limit or (1 if query.best else -1)}"

    def _groups(self, query: Query) -> str:
        group, measure = query.group, query.measure
        assert group  # noqa: S101 - the kind says so
        assert measure  # noqa: S101 - the kind says so
        title = name(_title(measure))
        if group.scope:
            labels = [name(c.name) for c in _labels(group.scope.table)]
            own = [f"{name(group.scope.table.name)}.{label}" for label in labels]
            inner = self._each_row(query, own)
        else:
            assert group.column  # noqa: S101 - nothing else is left
            labels = [name(group.part or group.column.name)]
            inner = self._each_value(query, group.column, labels[0])
        if query.average:
            return f"SELECT ROUND(AVG({title}), 2) AS average\nFROM ({inner})"
        where = ""
        if query.best:
            extreme = "MAX" if query.descending else "MIN"
            where = f"\nWHERE {title} = (SELECT {extreme}({title}) FROM figures)"
        by_time = group.part and not query.best and not query.limit
        order = f"{title}{' DESC' if query.descending else ''}, {labels[0]}"
        limit = f"\nLIMIT {query.limit}" if query.limit else ""
        return (
            f"WITH figures AS (\n{inner}\n)\nSELECT {', '.join([*labels, title])}\nFROM figures"
            f"{where}\nORDER BY {labels[0] if by_time else order}{limit}"
        )

    def _each_row(self, query: Query, outputs: list[str]) -> str:
        """The rows of a table, each with its own figure, also where that is of no row at all."""
        group, measure = query.group, query.measure
        assert group  # noqa: S101 - the caller looked
        assert group.scope  # noqa: S101 - the caller looked
        assert measure  # noqa: S101 - the caller looked
        outer, inner = _Source(group.scope.table), _Source(query.scope.table)
        where = self._where(outer, group.scope)
        own, key = _link(inner, group.path, name(group.scope.table.name))
        inner_where = [f"{own} = {key}", *self._where(inner, query.scope)]
        figure = _statement([_figure(inner, measure)], inner, inner_where, flat=True)
        return _statement([*outputs, f"({figure}) AS {name(_title(measure))}"], outer, where)

    def _each_value(self, query: Query, column: Column, title: str) -> str:
        group, measure = query.group, query.measure
        assert group  # noqa: S101 - the caller looked
        assert measure  # noqa: S101 - the caller looked
        source = _Source(query.scope.table)
        value = f"{source.join(group.path)}.{name(column.name)}"
        where = [*self._where(source, query.scope), f"{value} IS NOT NULL"]
        key = _PARTS[group.part].format(value) if group.part else value
        figure = f"{_figure(source, measure)} AS {name(_title(measure))}"
        return _statement([f"{key} AS {title}", figure], source, where) + "\nGROUP BY 1"

    def _share(self, query: Query) -> str:
        assert query.part_of  # noqa: S101 - the kind says so
        part, whole = (
            _statement(["COUNT(*)"], source, self._where(source, scope), flat=True)
            for scope in (query.scope, query.part_of)
            if (source := _Source(scope.table))
        )
        return (
            "SELECT ROUND(100.0 * part / whole, 2) AS percentage, part, whole\n"
            f"FROM (SELECT ({part}) AS part, ({whole}) AS whole)"
        )


def _link(source: _Source, down: Path, alias: str) -> tuple[str, str]:
    """The column at the end of a way down that refers to its beginning, and the key there."""
    first, *rest = down
    back = tuple(KeyStep(s.target, s.source, s.column, up=True) for s in reversed(rest))
    return f"{source.join(back)}.{name(first.column.name)}", f"{alias}.{name(first.key)}"


def _listed_table(query: Query) -> PromptTable:
    return query.group.scope.table if query.group and query.group.scope else query.scope.table


def _order(query: Query, source: _Source) -> str:
    order = []
    if query.order:
        order.append(source.own(query.order) + (" DESC" if query.descending else ""))
    labels = query.columns[:2] if query.kind in {"rows", "exists", "facts"} else ()
    order += [source.own(c) for c in labels if c != query.order and not c.references]
    return ", ".join(order)


def _figure(source: _Source, measure: Measure) -> str:
    if not measure.columns:
        return "COUNT(*)"
    value = source.own(measure.columns[0])
    figure = f"{measure.function.upper()}({'DISTINCT ' if measure.distinct else ''}{value})"
    if measure.function == "sum":
        return f"ROUND(COALESCE({figure}, 0), 2)"
    return f"ROUND({figure}, 2)" if measure.function == "avg" else figure


def _labels(table: PromptTable) -> tuple[Column, ...]:
    return table.label or tuple(c for c in table.columns if c.primary)


def _title(measure: Measure) -> str:
    if not measure.columns:
        return re.sub(r"\W+", "_", measure.name) or "count"
    function = _TITLES.get(measure.function, measure.function)
    column = measure.columns[0].name.lower()
    return function if column == "total" else f"{function}_{column}".replace("_total", "", 1)


def _statement(
    outputs: Sequence[str],
    source: _Source,
    where: Sequence[str],
    *,
    distinct: bool = False,
    flat: bool = False,
) -> str:
    lines = [f"SELECT {'DISTINCT ' if distinct else ''}{', '.join(outputs)}", f"FROM {source}"]
    if where:
        lines.append(f"WHERE {' AND '.join(dict.fromkeys(where))}")
    return (" " if flat else "\n").join(lines)


def _condition(alias: str, condition: Condition) -> str:
    value = f"{alias}.{name(condition.columns[0].name)}"
    values = [literal(one) for one in condition.values]
    match condition.operator:
        case "null":
            return f"{value} IS {'NOT ' if condition.negated else ''}NULL"
        case "between":
            bounds = zip((">=", "<"), condition.values, strict=True)
            return " AND ".join(f"{value} {sign} {literal(b)}" for sign, b in bounds if b != "")
        case "=" if condition.negated:
            return f"({value} NOT IN ({', '.join(values)}) OR {value} IS NULL)"
        case "=" if len(values) > 1:
            return f"{value} IN ({', '.join(values)})"
    return f"{value} {condition.operator} {values[0]}"


def name(text: str) -> str:
    """An identifier, quoted where it needs to be."""
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return '"' + text.replace('"', '""') + '"'


def literal(value: str | float) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return f"{value:g}" if abs(value) < 1e6 else f"{value:.6f}".rstrip("0").rstrip(".")
