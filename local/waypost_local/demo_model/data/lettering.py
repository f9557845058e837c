"""Rows by the letters of a text: `starting with A`, `containing love`."""

import re
from collections.abc import Iterator

from waypost_local.demo_model.data import vocabulary
from waypost_local.demo_model.data.negation import negated
from waypost_local.demo_model.data.query import Condition
from waypost_local.demo_model.data.said import Said
from waypost_local.demo_model.data.schema import Column, PromptTable
from waypost_local.demo_model.data.sql import escaped

_TEXT = re.compile(
    r"\b(start(?:s|ing)? with|begin(?:s|ning)? with|end(?:s|ing)? (?:with|in)|contain(?:s"
    r"|ing)?|mention(?:s|ing)?|regarding|related to|"
    r"includ(?:es|ing)|with the word|has the word|have the word)\s+(?:the (?:word|letters?"
    r"|name|text)s? |an? |the )?"
    r"[\"'\u201c\u2018]?([\w .&-]+?)[\"'\u201d\u2019]?(?= in (?:the|its|their)\b|[?.,!]|$)",
    re.IGNORECASE,
)


def lettered(said: Said, about: str) -> Iterator[Condition]:
    """`starting with A`, `containing "love"`."""
    table = said.schema.table(about)
    for match in _TEXT.finditer(said.text):
        if _counts_or_names(said, match):
            continue
        column = _text_column(said, match.start(), table)
        if column is None:
            continue
        for value in said.links.values:
            if value.first >= said.token_at(match.start(2)):
                said.use(value)
        sought = escaped(match[2].strip())
        how = match[1].lower()
        pattern = f"{sought}%" if how.startswith(("start", "begin")) else f"%{sought}%"
        pattern = f"%{sought}" if how.startswith("end") else pattern
        yield Condition((column,), "like", (pattern,), negated(said, said.token_at(match.start())))


def _counts_or_names(said: Said, match: re.Match[str]) -> bool:
    """`containing more than 5 tracks`, `containing the track X` are about rows, not letters."""
    if re.match(r"(more|less|fewer|at|over|under|exactly|between|no|any|\d)\b", match[2], re.I):
        return True
    first, last = said.token_at(match.start(2)), said.token_at(match.end(2))
    named = any(first - 1 <= t.first < last for t in said.links.tables)
    return named and any(first <= v.first < last for v in said.links.values)


def _text_column(said: Said, at: int, table: PromptTable) -> Column | None:
    for named in said.links.columns:
        own = next((c for c in named.columns if c.table == table.name and c.is_text), None)
        if own and said.tokens[named.first].at < at:
            said.use(named)
            return own
    if len(table.label) == 2 and said.has(r"\blast names?\b|\bsurnames?\b"):
        return table.label[1]
    if table.label:
        return table.label[0]
    texts = [c for c in table.columns if c.is_text and not c.complete] or [
        c for c in table.columns if c.is_text
    ]
    return next((c for w in vocabulary.TEXTS for c in texts if w in c.words), None)
