"""A question cut into items: what each word, or several together, may stand for in the schema."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from waypost_local.demo_model.data import dates, lexicon
from waypost_local.demo_model.data.query import Scope
from waypost_local.demo_model.data.schema import Column, PromptTable, Schema
from waypost_local.demo_model.words import singular, stem

_TOKEN = re.compile(
    r"[$\u20ac\u00a3]?\d[\d,]*(?:\.\d+)?%?(?=\b|\s|$)|[^\W_]+(?:[.&/_-][^\W_]+)*"
    r"|['\u2019]s\b|n['\u2019]t\b|\"[^\"]+\"|[&?]"
)
_NUMBERS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
    )
} | {"dozen": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "fifty": 50, "hundred": 100}
_OPERATION = [
    (name, re.compile(rf"(?:{pattern})(?![\w'\u2019])")) for name, pattern in lexicon.OPERATIONS
]


_NOUNS = frozenset(("company", "business", "name", "record", "data"))


@dataclass
class Item:
    """One or several words, and all that they may stand for; `used` once an answer rests on it."""

    text: str
    at: int
    operation: str = ""
    tables: tuple[PromptTable, ...] = ()
    columns: tuple[Column, ...] = ()
    values: tuple[tuple[Column, str], ...] = ()
    number: float | None = None
    when: dates.When | None = None
    filler: bool = False
    row: Scope | None = None
    """A row, or rows, that the conversation spoke of before."""
    used: bool = False
    note: str = ""
    denied: bool = False
    """`unpaid`: the values are what it says that they are not."""
    named: bool = False
    """The values were found word for word as somebody's or something's name."""

    @property
    def low(self) -> str:
        return self.text.lower()

    @property
    def is_nominal(self) -> bool:
        return bool(self.tables or self.columns or self.values or self.row)


@dataclass(frozen=True)
class _Token:
    text: str
    low: str
    at: int
    to: int


def tokens(text: str) -> list[_Token]:
    return [_Token(m[0], m[0].lower(), m.start(), m.end()) for m in _TOKEN.finditer(text)]


class Tagger:
    def __init__(self, schema: Schema, today: date) -> None:
        self.schema = schema
        self.today = today
        self._values = _listed(schema)

    def tag(self, text: str) -> list[Item]:
        """The items of a question, in order."""
        text = text.replace("\u2019", "'")
        found = tokens(text)
        whens = dates.whens(text, self.today)
        items: list[Item] = []
        n = 0
        while n < len(found):
            token = found[n]
            name, size = self._named(text, found, n)
            when = next((w for w in whens if w.at <= token.at < w.to), None)
            if name and not (when and size == 1):
                items.append(
                    Item(text[token.at : found[n + size - 1].to], n, values=name, named=True)
                )
            elif when and (whole := sum(when.at <= t.at < when.to for t in found[n:])):
                items.append(Item(text[when.at : when.to], n, when=when))
                size = whole
            else:
                item, size = self._word(text, found, n)
                items.append(item)
            n += max(size, 1)
        return [item for item in items if item.text != "?"]

    def _named(
        self, text: str, found: Sequence[_Token], n: int
    ) -> tuple[tuple[tuple[Column, str], ...], int]:
        """The longest value that the question names from the nth word on."""
        best: list[tuple[Column, str]] = []
        longest = 0
        for column, value in self.schema.mentioned:
            words = [t.low for t in tokens(value.replace("\u2019", "'"))]
            size = len(words)
            if not size or [t.low.strip('"') for t in found[n : n + size]] != words:
                continue
            if size == 1 and not self._may_be_name(column, value, found[n], n):
                continue
            said = text[found[n].at : found[n + size - 1].to]
            if size > 1 and said.islower() and set(words) & lexicon.FILLER:
                continue
            if size > longest:
                best, longest = [], size
            if size == longest:
                best.append((column, value))
        return tuple(best), longest

    def _may_be_name(self, column: Column, value: str, token: _Token, n: int) -> bool:
        """A single word is a name where it is written as one, or nothing else."""
        if token.text.startswith('"'):
            return True
        if value.isdigit() and not column.is_text:
            return False
        plain = singular(token.low) in lexicon.known() or bool(self._tables([token.low]))
        plain = plain or bool(self._columns([token.low]))
        if plain and n and token.text[:1].isupper():
            return True
        if column.complete and not plain:
            return True
        return (
            not plain
            and (token.text[:1].isupper() or len(value) > 3)
            and not (n == 0 and any(p.match(token.low) for _, p in _OPERATION))
        )

    def _word(self, text: str, found: Sequence[_Token], n: int) -> tuple[Item, int]:
        token = found[n]
        for size in (3, 2, 1):
            if n + size > len(found):
                continue
            words = [t.low for t in found[n : n + size]]
            before = found[n - 1].low if n else ""
            item = self._nominal(text[token.at : found[n + size - 1].to], words, n, before)
            of_table = bool(item and item.columns and n and self._tables([before]))
            if item and (size > 1 or of_table or not self._operation(text, found, n)[0]):
                return item, size
        operation, size = self._operation(text, found, n)
        if operation:
            return Item(text[token.at : found[n + size - 1].to], n, operation), size
        return self._plain(token, n), 1

    def _operation(self, text: str, found: Sequence[_Token], n: int) -> tuple[str, int]:
        rest = text[found[n].at :].lower()
        matches = [(len(m[0]), name) for name, p in _OPERATION if (m := p.match(rest))]
        if not matches:
            return "", 0
        length, name = max(matches, key=lambda one: one[0])
        end = found[n].at + length
        return name, max(1, sum(found[n].at <= t.at < end for t in found[n:]))

    def _plain(self, token: _Token, n: int) -> Item:
        number = re.sub(r"[$\u20ac\u00a3,%]", "", token.low)
        if re.fullmatch(r"\d+(\.\d+)?", number):
            return Item(token.text, n, number=float(number))
        if token.low in _NUMBERS:
            return Item(token.text, n, number=float(_NUMBERS[token.low]))
        filler = token.low in lexicon.FILLER or token.low == "'s"
        return Item(token.text, n, filler=filler)

    def _nominal(self, text: str, words: list[str], n: int, found_before: str = "") -> Item | None:
        """A table, a column or a listed value by its name or a word that stands for it."""
        tables = self._tables(words)
        columns = self._columns(words)
        values = self._listed_value(words)
        if tables:
            columns = tuple(c for c in columns if c.words == _singulars(words))
        if (tables or any(c.words == _singulars(words) for c in columns)) and not any(
            v.lower().replace("_", " ") == " ".join(words) for _, v in values
        ):
            values = ()
        denied: tuple[tuple[Column, str], ...] = ()
        if not (tables or columns) and len(words) == 1 and words[0][:2] in {"un", "in"}:
            denied = tuple(
                (c, v)
                for c, v, low in self._values
                if lexicon.is_same_word(words[0][2:], low) and words[0][2:] not in lexicon.FILLER
            )
            exact = any(v.lower() == words[0] for _, v in values)
            values, denied = (values, ()) if exact else (denied or values, denied)
        if not (tables or columns or values):
            return None
        noun = words[0] in _NOUNS and n and found_before not in {"the", "our", "this"}
        if words[0] in lexicon.FILLER and not values and not noun:
            return None
        return Item(text, n, tables=tables, columns=columns, values=values, denied=bool(denied))

    def _tables(self, words: list[str]) -> tuple[PromptTable, ...]:
        said = _singulars(words)
        exact = [t for t in self.schema.tables if t.words == said]
        if not exact:
            near = lexicon.same("".join(said)) | lexicon.same(" ".join(said))
            exact = [t for t in self.schema.tables if "".join(t.words) in near]
        if not exact and len(words) == 1:
            near = lexicon.same(said[0]) if len(said[0]) > 2 else frozenset()
            exact = [t for t in self.schema.tables if len(t.words) > 1 and t.words[-1] in near]
            exact = exact if len(exact) == 1 else []
        return tuple(exact)

    def _columns(self, words: list[str]) -> tuple[Column, ...]:
        said = _singulars(words)
        columns = [c for c in self.schema.columns if not (c.primary or c.references)]
        exact = [c for c in columns if c.words == said or _stems(c.words) == _stems(said)]
        if exact or len(words) > 2:
            return tuple(exact)
        if len(words) == 2:
            return tuple(c for c in columns if _is_put(said, c))
        near = lexicon.same(said[0])
        dated = lexicon.dated(words[0])
        return tuple(
            c
            for c in columns
            if c.words[-1] in near
            or c.words[0] in near
            or said[0] in c.words
            or (c.is_date and dated & set(c.words))
        )

    def _listed_value(self, words: list[str]) -> tuple[tuple[Column, str], ...]:
        text = " ".join(words)
        exact = [(c, v) for c, v, low in self._values if low == text]
        if exact:
            return tuple(exact)
        said = singular(text) if len(words) == 1 else text
        found = [
            (c, v)
            for c, v, low in self._values
            if said in lexicon.same_value(low) or text in lexicon.same_value(low)
        ]
        if len(words) > 1 or not found:
            found += [(c, v) for c, v, low in self._values if lexicon.is_same_word(text, low)]
        return tuple(dict.fromkeys(found))

    def misspelt(self, word: str) -> str | None:
        """The one name of the schema that a word is near to."""
        low = word.lower()
        if len(low) < 6 or low in lexicon.known() or word[0].isupper():
            return None
        names = {w for t in self.schema.tables for w in (*t.words, f"{t.words[-1]}s")}
        names |= {w for c in self.schema.columns for w in c.words if len(w) > 3}
        names |= {part for _, _, v in self._values for part in v.split() if len(part) > 3}
        names |= {"revenue", "average", "total", "many", "which", "list"}
        near = difflib.get_close_matches(low, sorted(names), n=2, cutoff=0.85)
        near = [one for one in near if _distance_is_small(low, one)]
        if len({singular(one) for one in near}) == 1:
            return near[0]
        return None


def _distance_is_small(one: str, other: str) -> bool:
    """At most two letters differ, and the first is the same."""
    blocks = difflib.SequenceMatcher(None, one, other).get_matching_blocks()
    same = sum(block.size for block in blocks)
    return one[0] == other[0] and max(len(one), len(other)) - same <= 2


def _listed(schema: Schema) -> list[tuple[Column, str, str]]:
    return [
        (column, value, value.lower().replace("_", " "))
        for column in schema.columns
        if column.complete and not column.is_key
        for value in column.values
    ]


def _singulars(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(singular(word) for word in words)


def _stems(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(stem(word) for word in words)


def _is_put(said: tuple[str, ...], column: Column) -> bool:
    """`hire date` is `hired_on`, `phone number` is `phone`: the noun of a column and its kind."""
    first, last = said
    if last == "date" and column.is_date:
        return stem(first) in {stem(w) for w in column.words} or bool(
            lexicon.dated(first) & set(column.words)
        )
    if last in {"name", "number", "address", "value"} and column.words == (first,):
        return True
    return (first, last) == tuple(column.words[-2:]) or (
        set(lexicon.same(first)) & set(column.words[:1]) != set() and last in column.words[1:]
    )
