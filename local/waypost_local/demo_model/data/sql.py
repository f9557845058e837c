"""A query as one SQLite SELECT."""

# Names come from the schema, values are quoted here: `name` and `literal` are the only ways in.
# ruff: noqa: S608

import re
from collections.abc import Sequence
from dataclasses import replace

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

    def __str__(self) -> str:
        return self._text


class _Writer:
    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def select(self, query: Query) -> str:
        match query.kind:
            case "groups":
                return self._grouped(query)
            case "share":
                return self._share(query)
        source = _Source(query.scope.table)
        where = self._where(source, query.scope, ())
        if query.measure:
            figure = self._figure(source, query.measure)
            return _statement([f"{figure} AS {name(_title(query.measure))}"], source, where)
        return self._rows(query, source, where)

    def _rows(self, query: Query, source: _Source, where: list[str]) -> str:
        outputs = [self._output(source, column) for column in query.columns]
        if query.kind == "exists":
            outputs = outputs or ["1"]
        if query.order and (query.best or query.limit) and query.kind == "rows":
            where = [*where, f"{self._own(source, query.order)} IS NOT NULL"]
        if query.best and query.order:
            value = self._own(source, query.order)
            extreme = "MAX" if query.descending else "MIN"
            inner = _Source(query.scope.table)
            inner_where = self._where(inner, query.scope, ())
            own = self._own(inner, query.order)
            best = _statement([f"{extreme}({own})"], inner, inner_where, flat=True)
            where = [*where[:-1], f"{value} = ({best})"]
        text = _statement(outputs, source, where, distinct=query.kind == "distinct")
        text += f"\nORDER BY {', '.join(self._order(query, source))}"
        limit = query.limit or (20 if query.kind == "exists" else None)
        return f"{text}\nLIMIT {limit}" if limit else text

    def _order(self, query: Query, source: _Source) -> list[str]:
        order = []
        if query.order:
            order.append(self._own(source, query.order) + (" DESC" if query.descending else ""))
        labels = query.columns[:2] if query.kind in {"rows", "exists", "facts"} else ()
        order += [self._own(source, c) for c in labels if c != query.order and not c.references]
        return order or ["1"]

    def _own(self, source: _Source, column: Column) -> str:
        return f"{name(source.table.name)}.{name(column.name)}"

    def _output(self, source: _Source, column: Column) -> str:
        """A column; of a reference the name of the row that is referred to."""
        if column.table != source.table.name or not column.references:
            return self._own(source, column)
        parent = self.schema.table(column.references[0])
        if not parent.label:
            return self._own(source, column)
        alias = source.join((KeyStep(column.table, parent.name, column, up=True),))
        label = " || ' ' || ".join(f"{alias}.{name(c.name)}" for c in parent.label)
        return f"{label} AS {name('_'.join(column.words[:-1]) or parent.name)}"

    def _figure(self, source: _Source, measure: Measure) -> str:
        if not measure.columns:
            return "COUNT(*)"
        alias = name(source.table.name)
        value = " * ".join(f"{alias}.{name(c.name)}" for c in measure.columns)
        figure = f"{measure.function.upper()}({'DISTINCT ' if measure.distinct else ''}{value})"
        if measure.function == "sum":
            return f"ROUND(COALESCE({figure}, 0), 2)"
        return f"ROUND({figure}, 2)" if measure.function == "avg" else figure

    def _where(self, source: _Source, scope: Scope, path: Path) -> list[str]:
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
            where.append(f"{key} IN ({self.keys(*scope.row_of)})")
        if scope.rows_of:
            where.append(f"{key} IN ({self.keys(scope.rows_of, None)})")
        return where

    def _related(self, alias: str, table: PromptTable, related: Related) -> str:
        inner = _Source(self.schema.table(related.path[0].target))
        if related.path[0].up:
            raise Unclear(f"{table.name} cannot be restricted by {related.scope.table.name} here.")
        down = [step for step in related.path if not step.up]
        foreign, where = self._descend(related)
        key = f"{alias}.{name(down[0].key)}"
        inner, own = foreign
        if related.having:
            operator, count = related.having
            where = [f"{own} = {key}", *where]
            counted = _statement([self._counted(inner, related)], inner, where, flat=True)
            return f"({counted}) {operator} {literal(count)}"
        word = "NOT IN" if related.negated else "IN"
        where = [*where, f"{own} IS NOT NULL"] if related.negated else where
        return f"{key} {word} ({_statement([own], inner, where, flat=True)})"

    def _counted(self, source: _Source, related: Related) -> str:
        """The rows at the end of a way: each once, where it leads up again."""
        up = tuple(step for step in related.path if step.up)
        if not up:
            return "COUNT(*)"
        return f"COUNT(DISTINCT {source.join(up)}.{name(up[-1].key)})"

    def _descend(self, related: Related) -> tuple[tuple[_Source, str], list[str]]:
        """The source at the lowest table of a way, its column that refers to the first table."""
        down = [step for step in related.path if not step.up]
        up = related.path[len(down) :]
        inner = _Source(self.schema.table(down[-1].target))
        back = tuple(
            KeyStep(step.target, step.source, step.column, up=True) for step in reversed(down[1:])
        )
        own = f"{inner.join(back)}.{name(down[0].column.name)}"
        return (inner, own), self._where(inner, related.scope, up)

    def keys(self, query: Query, place: int | None) -> str:
        """The keys of the rows that a query counts or lists, or of the one at a place."""
        table = query.scope.table
        if query.kind == "groups" and query.group and query.group.scope:
            table = query.group.scope.table
            key = name(table.key or "rowid")
            text = f"SELECT {key} FROM ({self._each_row(query, with_key=True)})"
            if kept := self._kept(query):
                text += f" WHERE {' AND '.join(kept)}"
            figure = name(_title(query.measure)) if query.measure else key
            order = f"{figure}{' DESC' if query.descending else ''}, {key}"
        else:
            source = _Source(table)
            where = self._where(source, query.scope, ())
            key = f"{name(table.name)}.{name(table.key or 'rowid')}"
            text = _statement([key], source, where, flat=True)
            listed = replace(query, columns=query.columns if query.kind == "rows" else ())
            order = ", ".join([*(o for o in self._order(listed, source) if o != "1"), key])
            if query.measure and query.measure.function == "count":
                order = key
        limit = query.limit or (1 if query.best else None)
        if place is None:
            return text if not limit else f"{text} ORDER BY {order} LIMIT {limit}"
        if place < 0 and limit:
            last = f"SELECT MIN(COUNT(*), {limit}) - 1 FROM ({text})"
            return f"{text} ORDER BY {order} LIMIT 1 OFFSET ({last})"
        if place < 0:
            flipped = [
                o.removesuffix(" DESC") if o.endswith(" DESC") else f"{o} DESC"
                for o in order.split(", ")
            ]
            return f"{text} ORDER BY {', '.join(flipped)} LIMIT 1"
        return f"{text} ORDER BY {order} LIMIT 1 OFFSET {place}"

    def _grouped(self, query: Query) -> str:
        assert query.group  # noqa: S101
        assert query.measure  # noqa: S101
        if query.group.scope:
            inner = self._each_row(query)
            labels = [name(c.name) for c in _labels(query.group.scope.table)]
        else:
            inner, labels = self._each_value(query), [name(_part_title(query))]
        title = name(_title(query.measure))
        if query.average:
            return f"SELECT ROUND(AVG({title}), 2) AS average\nFROM ({inner})"
        kept = self._kept(query)
        if query.best:
            extreme = "MAX" if query.descending else "MIN"
            kept.append(f"{title} = (SELECT {extreme}({title}) FROM figures)")
        if query.group.part and not query.best and not query.limit:
            order = labels[0]
        else:
            order = f"{title}{' DESC' if query.descending else ''}, {labels[0]}"
        where = f"\nWHERE {' AND '.join(kept)}" if kept else ""
        limit = f"\nLIMIT {query.limit}" if query.limit else ""
        return (
            f"WITH figures AS (\n{inner}\n)\nSELECT {', '.join([*labels, title])}\nFROM figures"
            f"{where}\nORDER BY {order}{limit}"
        )

    def _kept(self, query: Query) -> list[str]:
        if not (query.having and query.measure):
            return []
        return [f"{name(_title(query.measure))} {query.having[0]} {literal(query.having[1])}"]

    def _each_row(self, query: Query, *, with_key: bool = False) -> str:
        """The rows of a table, each with its own figure, also where that is of no row at all."""
        group, measure = query.group, query.measure
        assert group  # noqa: S101
        assert group.scope  # noqa: S101
        assert measure  # noqa: S101
        outer = _Source(group.scope.table)
        where = self._where(outer, group.scope, ())
        alias = name(group.scope.table.name)
        outputs = [f"{alias}.{name(c.name)}" for c in _labels(group.scope.table)]
        if with_key:
            outputs = [f"{alias}.{name(group.scope.table.key or 'rowid')}"]
        inner = _Source(query.scope.table)
        first, *down = group.path
        back = tuple(KeyStep(s.target, s.source, s.column, up=True) for s in reversed(down))
        own = f"{inner.join(back)}.{name(first.column.name)} = {alias}.{name(first.key)}"
        inner_where = [own, *self._where(inner, query.scope, ())]
        counted = self._figure(inner, measure)
        figure = _statement([counted], inner, inner_where, flat=True)
        return _statement([*outputs, f"({figure}) AS {name(_title(measure))}"], outer, where)

    def _each_value(self, query: Query) -> str:
        group, measure = query.group, query.measure
        assert group  # noqa: S101
        assert group.column  # noqa: S101
        assert measure  # noqa: S101
        source = _Source(query.scope.table)
        where = self._where(source, query.scope, ())
        value = f"{source.join(group.path)}.{name(group.column.name)}"
        where.append(f"{value} IS NOT NULL")
        key = _PARTS[group.part].format(value) if group.part else value
        outputs = [
            f"{key} AS {name(_part_title(query))}",
            f"{self._figure(source, measure)} AS {name(_title(measure))}",
        ]
        return _statement(outputs, source, where) + "\nGROUP BY 1"

    def _share(self, query: Query) -> str:
        assert query.part_of  # noqa: S101 - the kind says so
        whole = _Source(query.part_of.table)
        all_of = _statement(["COUNT(*)"], whole, self._where(whole, query.part_of, ()), flat=True)
        source = _Source(query.scope.table)
        where = self._where(source, query.scope, ())
        part = _statement(["COUNT(*)"], source, where, flat=True)
        return (
            "SELECT ROUND(100.0 * part / whole, 2) AS percentage, part, whole\n"
            f"FROM (SELECT ({part}) AS part, ({all_of}) AS whole)"
        )


def _labels(table: PromptTable) -> tuple[Column, ...]:
    return table.label or tuple(c for c in table.columns if c.primary)


def _title(measure: Measure) -> str:
    if not measure.columns:
        return re.sub(r"\W+", "_", measure.name) or "count"
    column = measure.columns[0].name.lower() if len(measure.columns) == 1 else "revenue"
    return (
        {"sum": "total", "avg": "average", "count": "different"}.get(
            measure.function, measure.function
        )
        + f"_{column}".replace("_total", "", 1)
        if column != "total"
        else {"sum": "total", "avg": "average"}.get(measure.function, measure.function)
    )


def _part_title(query: Query) -> str:
    assert query.group  # noqa: S101
    assert query.group.column  # noqa: S101
    return query.group.part or query.group.column.name


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
    value = " || ' ' || ".join(f"{alias}.{name(column.name)}" for column in condition.columns)
    negation = "NOT " if condition.negated else ""
    match condition.operator:
        case "null":
            return f"{value} IS {negation}NULL"
        case "between":
            low, high = condition.values
            parts = [f"{value} >= {literal(low)}"] if low != "" else []
            parts += [f"{value} < {literal(high)}"] if high != "" else []
            return f"{negation}({' AND '.join(parts)})" if negation else " AND ".join(parts)
        case "like":
            return f"{value} {negation}LIKE {literal(condition.values[0])}"
        case "=":
            values = [literal(one) for one in condition.values]
            if len(values) > 1:
                return f"{value} {negation}IN ({', '.join(values)})"
            if condition.negated:
                return f"({value} <> {values[0]} OR {value} IS NULL)"
            return f"{value} = {values[0]}"
    return f"{value} {condition.operator} {literal(condition.values[0])}"


def name(text: str) -> str:
    """An identifier, quoted where it needs to be."""
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return '"' + text.replace('"', '""') + '"'


def literal(value: str | float) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return f"{value:g}" if abs(value) < 1e6 else f"{value:.6f}".rstrip("0").rstrip(".")
