"""The kinds of questions that are not for a figure: shares, facts of a row, whether, and lists."""

from dataclasses import replace

from waypost_local.demo_model.data import lexicon
from waypost_local.demo_model.data.nodes import Node
from waypost_local.demo_model.data.query import Query, Unclear
from waypost_local.demo_model.data.restrictions import restrict
from waypost_local.demo_model.data.schema import Column, PromptTable
from waypost_local.demo_model.data.sentence import COPULA, Noun, Sentence
from waypost_local.demo_model.data.tagging import Item

_SHOWN = 6


def share(sentence: Sentence) -> Query | None:
    """`What share of jobs were cancelled`."""
    if not (marker := sentence.take("share")):
        return None
    noun = sentence.noun(sentence.next(marker))
    if noun.columns:
        raise Unclear("I can tell a share of rows, and of nothing else.")
    verbs = COPULA | {"have", "has", "had", "from", "come", "comes", "came"}
    late = [i for i in sentence.after(marker) if i.low in verbs and i.filler][:1]
    held = [i for i in sentence.free() if late and i.at > late[0].at]
    sentence.use(*held)
    whole = restrict(sentence, noun.node()).head.built()
    for item in held:
        item.used = False
    part = restrict(sentence, Node(noun.table, noun.at, scope=whole)).head.built()
    if part == whole:
        raise Unclear("It is not said which of them the share is.")
    return Query("share", part, part_of=whole)


def facts(sentence: Sentence) -> Query | None:
    """A column of a row that is named: `the email of Priya Raman`, `when was he hired`."""
    if sentence.op("how many", "how much", "who") or sentence.begins_with_verb():
        return None
    named = (i for i in sentence.free() if i.row or sentence.names_row(i))
    row = next(named, None) or sentence.numbered()
    if row is None:
        return None
    noun = sentence.entity(row)
    where, when, about = sentence.op("where"), sentence.op("when"), sentence.op("about")
    columns: list[Column] = []
    if where:
        columns = [c for c in noun.table.columns if c.is_text and lexicon.PLACES & set(c.words)]
        sentence.use(*(i for i in sentence.items if set(i.columns) & set(columns)))
    elif about:
        columns = [c for c in noun.table.columns if not c.is_key]
        columns += [c for c in noun.table.columns if c.references]
    else:
        columns = _asked_columns(sentence, noun.table, row, when)
    if not columns:
        return None
    sentence.use(*(i for i in (where, about if not where else None) if i))
    if row.row or row.tables:
        row.used = row.number is None and sentence.numbered() is not row
    scope = restrict(sentence, noun.node()).head.built()
    label = noun.table.label if scope.row_of and not about else ()
    return Query("facts", scope, tuple(dict.fromkeys((*label, *columns))))


def _asked_columns(
    sentence: Sentence, table: PromptTable, row: Item, when: Item | None
) -> list[Column]:
    """Columns of the row's table that are named beside it: `X and Y of Z`, `Z's X`."""
    columns: list[Column] = []
    for item in sentence.free():
        own = [c for c in item.columns if c.table == table.name and (c.is_date or not when)]
        marker = sentence.before(item)
        if not own or item is row or (marker and marker.operation == "each"):
            continue
        if not when and (item.values or not _stand_together(sentence, item, row)):
            continue
        item.used = True
        columns.append(sentence.column(replace(item, columns=tuple(own)), [table]))
    if columns:
        sentence.use(*(i for i in (sentence.op("list"), when) if i))
        sentence.use(*(i for i in sentence.items if i.operation == "and" and len(columns) > 1))
        sentence.use(*(i for i in sentence.items if i.tables[:1] == (table,) and i is not row))
    return columns


def _stand_together(sentence: Sentence, column: Item, row: Item) -> bool:
    low, high = sorted((column.at, row.at))
    between = [i for i in sentence.items if low < i.at < high]
    return all(i.filler or i.tables or i.columns or i.operation in {"all", "and"} for i in between)


def whether(sentence: Sentence) -> Query | None:
    """`Is Nora Byrne active`, `are there jobs without a technician`, `do we have …`."""
    first = next(iter(sentence.items), None)
    if first is None or not (first.operation == "any" or sentence.begins_with_verb()):
        return None
    if every := sentence.op("all", "each"):
        raise Unclear(f"I cannot tell whether something is so of \u201c{every.text}\u201d.")
    while sentence.take("any", "yet"):
        pass
    start = next((i for i in sentence.free() if i.is_nominal), None)
    if start is None:
        return None
    one = bool(start.row) or sentence.names_row(start) or start is sentence.numbered()
    noun = sentence.entity(start) if one else sentence.noun(start)
    if noun.columns:
        raise Unclear(f"It is not said of what \u201c{noun.name}\u201d is asked.")
    if start.row:
        start.used = True
    scope = restrict(sentence, noun.node()).head.built()
    label = noun.table.label
    claims = [c for c in scope.conditions if c.operator == "=" and c.columns[0].is_text]
    claims = [c for c in claims if c.columns[0] not in label]
    if one and len(claims) == 1 and not scope.related:
        rest = tuple(c for c in scope.conditions if c is not claims[0])
        return Query("facts", replace(scope, conditions=rest), claims[0].columns, claim=claims[0])
    return Query("exists", scope, names_of(noun.table))


def rows(sentence: Sentence) -> Query:
    """`List the active plumbers`, `who works in the Coast region`, `what trades …`."""
    while sentence.take("list", "all", "distinct", "any", "total"):
        pass
    noun = sentence.who()
    order = sentence.take("order") or _by(sentence)
    ordered = sentence.next(order) if order else None
    if noun is None:
        start = next((i for i in sentence.free() if i.is_nominal or i.operation), None)
        noun = sentence.noun(start)
        if start and start.named and (noun.implied or noun.columns):
            raise Unclear(f"It is not said what is asked about \u201c{start.text}\u201d.")
    if noun.columns:
        return _values_of(sentence, noun)
    column = None
    if order and ordered:
        sentence.use(order, ordered)
        column = sentence.column(ordered, [noun.table])
        if column.table != noun.table.name:
            raise Unclear(f"{noun.table.name} have no \u201c{ordered.text}\u201d to be sorted by.")
    limit = _leading_number(sentence, noun.table)
    scope = restrict(sentence, noun.node()).head.built()
    columns = dict.fromkeys((*names_of(noun.table), *((column,) if column else ())))
    return Query("rows", scope, tuple(columns), order=column, descending=False, limit=limit)


def _by(sentence: Sentence) -> Item | None:
    """`technicians by hire date`: by a number or a date rows are sorted."""
    by = sentence.word({"by"})
    noun = sentence.next(by) if by else None
    sorts = noun and not noun.tables and any(c.is_number or c.is_date for c in noun.columns)
    return by if sorts else None


def _leading_number(sentence: Sentence, table: PromptTable) -> int | None:
    """`List five customers`."""
    for item in sentence.free():
        behind = sentence.next(item)
        if item.number and item.number.is_integer() and behind and behind.tables[:1] == (table,):
            item.used = True
            return int(item.number)
    return None


def _values_of(sentence: Sentence, noun: Noun) -> Query:
    """`What trades do our technicians have`: the different values of a column."""
    (column,) = noun.columns
    if column.is_date or column.is_number:
        raise Unclear(f"It is not said of which row \u201c{noun.name}\u201d is asked.")
    scope = restrict(sentence, noun.node()).head.built()
    return Query("distinct", scope, (column,), order=column, descending=False)


def names_of(table: PromptTable) -> tuple[Column, ...]:
    """What is shown of a row: its name, or of one without a name what tells it best."""
    keys = tuple(c for c in table.columns if c.primary)
    rest = tuple(c for c in table.columns if not c.is_key)
    return table.label or (*keys, *rest)[:_SHOWN]
